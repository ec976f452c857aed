import { fail, text, unknown, warn, type Check, type Finding } from '../check.ts';
import { isSomebody, type Roles } from '../roles.ts';
import { NOT_IN_ASVS } from './clauses.ts';

const MOST_OPERATORS = 10;

const holders = (roles: Roles, role: Roles[number]['role']): number =>
  new Set(
    roles
      .filter((each) => each.role === role && isSomebody(each))
      .map((each) => each.unifiedId ?? each.certificate),
  ).size;

/** A place in roles.yaml: who it is does not belong in a report. */
const place = (index: number): string => `roles[${index}]`;

export const PEOPLE_CHECKS: readonly Check[] = [
  {
    id: 'people-operators',
    group: 'people',
    severity: 'high',
    title: text(
      `运维人员至少两名，不超过 ${MOST_OPERATORS} 名`,
      `Two operators at least, ${MOST_OPERATORS} at most`,
    ),
    mend: text(
      '双人复核需要两名运维人员；收回不再需要的角色',
      'Four eyes take two operators; take roles away that are not needed',
    ),
    clauses: { gbt22239: ['8.1.7.2', '8.1.4.2'], gbt39786: ['8.6'], asvs: ['4.1.3'] },
    examine: ({ roles }) => {
      const count = holders(roles, 'operator');
      if (count < 2) return [fail(`运维人员 ${count} 名`, `operators: ${count}`)];
      return count > MOST_OPERATORS ? [warn(`运维人员 ${count} 名`, `operators: ${count}`)] : [];
    },
  },
  {
    id: 'people-auditor',
    group: 'people',
    severity: 'medium',
    title: text('审计人员独立于运维人员', 'There is an auditor who is no operator'),
    mend: text('在 roles.yaml 设专职审计人员', 'Name an auditor in roles.yaml'),
    clauses: { gbt22239: ['8.1.7.2'], gbt39786: ['8.6'], asvs: NOT_IN_ASVS },
    examine: ({ roles }) => {
      const of = (role: string) =>
        roles
          .filter((each) => each.role === role && isSomebody(each))
          .map((each) => each.unifiedId ?? each.certificate);
      const operators = new Set(of('operator'));
      return of('auditor').some((each) => !operators.has(each))
        ? []
        : [fail('没有独立的审计人员', 'no auditor of their own')];
    },
  },
  {
    id: 'people-departments',
    group: 'people',
    severity: 'medium',
    title: text('部门经办人所属部门均存在', 'Every officer is of a department that exists'),
    mend: text('更正或收回该角色', 'Correct the role, or take it away'),
    clauses: {
      gbt22239: ['8.1.4.2'],
      gbt39786: { none: text('此项与密码应用无关', 'the check is not of cryptography') },
      asvs: ['4.1.3'],
    },
    examine: ({ roles, departments }) => {
      const known = new Set(departments.map(({ department }) => department));
      return roles.flatMap(({ role, department }, index) =>
        role === 'officer' && !known.has(department ?? '')
          ? [
              fail(
                `${place(index)}：没有部门 ${department}`,
                `${place(index)}: there is no department ${department}`,
              ),
            ]
          : [],
      );
    },
  },
  {
    id: 'people-certificates',
    group: 'people',
    severity: 'medium',
    title: text('角色绑定的证书未过期', 'No role is bound to an expired certificate'),
    mend: text('绑定新证书或 unifiedId', 'Bind the role to the new certificate, or to the unifiedId'),
    clauses: { gbt22239: ['8.1.4.1', '8.1.4.2'], gbt39786: ['8.4'], asvs: ['4.1.3'] },
    examine: ({ roles, certificateEnds, at }) => {
      const bound = roles.flatMap(({ certificate }, index) =>
        certificate === undefined ? [] : [{ certificate, index }],
      );
      if (bound.length === 0) return [];
      if ('unseen' in certificateEnds) return [unknown(certificateEnds.unseen)];
      return bound.flatMap(({ certificate, index }): readonly Finding[] => {
        const end = certificateEnds.seen.get(certificate);
        if (!isSomebody({ certificate })) {
          return [
            warn(
              `${place(index)}：未填指纹，不指任何人`,
              `${place(index)}: no thumbprint was given, it is nobody's`,
            ),
          ];
        }
        if (end === undefined) {
          return [
            unknown(
              text(
                `${place(index)}：证书尚未登录过`,
                `${place(index)}: its certificate has not signed in yet`,
              ),
            ),
          ];
        }
        return end < at
          ? [fail(`${place(index)}：证书已过期`, `${place(index)}: its certificate has expired`)]
          : [];
      });
    },
  },
];
