import type { DryRun } from '../changes/change-service.ts';
import type { Enrolment } from '../services/enrolment.ts';

type Consequence = DryRun['consequences'][number];
type Statement = readonly [zh: string, en: string];

/** What people, and departments, will notice of other enrolments: what closes comes first. */
export const departmentConsequences = (
  before: readonly Enrolment[],
  after: readonly Enrolment[],
): readonly Consequence[] => {
  const known = new Map(before.map((each) => [each.service, each]));
  const kept = new Set(after.map(({ service }) => service));
  const closes = before
    .filter(({ service, enabled }) => enabled && !kept.has(service))
    .map(({ name, path }) => say(name, [`不再提供（${path}）`, `is not offered any more (${path})`]));
  const changes = after.flatMap((next) => {
    const last = known.get(next.service);
    if (last !== undefined) return changesOf(last, next).map((statement) => say(next.name, statement));
    return next.enabled ? [say(next.name, [`开放（${next.path}）`, `opens (${next.path})`])] : [];
  });
  return [...closes, ...changes];
};

const say = (name: Enrolment['name'], [zh, en]: Statement): Consequence => ({
  zh: `${name.zh}：${zh}。`,
  en: `${name.en}: ${en}.`,
});

const list = (items: readonly string[]): string => items.join(', ');
const without = <T>(from: readonly T[], others: readonly T[]): T[] =>
  from.filter((each) => !others.includes(each));

const changesOf = (last: Enrolment, next: Enrolment): readonly Statement[] => {
  const statements = [...WHO, ...WHAT_IS_TOLD, ...WHERE].flatMap((compare) => compare(last, next));
  const others = (Object.keys({ ...last, ...next }) as (keyof Enrolment)[]).filter(
    (key) => !SAID.has(key) && differ(key)(last, next),
  );
  if (others.length === 0) return statements;
  return [...statements, [`其他设置有变：${list(others)}`, `other settings change: ${list(others)}`]];
};

type Compare = (last: Enrolment, next: Enrolment) => readonly Statement[];

const differ =
  (key: keyof Enrolment) =>
  (last: Enrolment, next: Enrolment): boolean =>
    JSON.stringify(last[key]) !== JSON.stringify(next[key]);

const ifDiffers =
  (key: keyof Enrolment, ...statement: Statement): Compare =>
  (last, next) =>
    differ(key)(last, next) ? [statement] : [];

/** Who gets in: what is closed to somebody before what is opened. */
const WHO: readonly Compare[] = [
  (last, next) => (last.enabled && !next.enabled ? [['停用', 'is closed']] : []),
  (last, next) => {
    const lost = without(last.subjects, next.subjects);
    return lost.length === 0 ? [] : [[`不再接受 ${list(lost)}`, `is closed to ${list(lost)}`]];
  },
  ifDiffers('authorities', '接受的机构有变', 'accepts other authorities than before'),
  ifDiffers('actingRoles', '接受的企业证书角色有变', 'lets enterprises act in other roles than before'),
  ifDiffers('assurance', '所需保证等级有变', 'demands another level of assurance'),
  ifDiffers('limits', '调用次数限制有变', 'takes another number of calls than before'),
  ifDiffers('hours', '开放时间有变', 'has other opening hours than before'),
  ifDiffers('open', '开放日期有变', 'opens or ends on another day than before'),
  ifDiffers('maintenance', '维护时间有变', 'has other times of maintenance than before'),
  (last, next) =>
    last.path === next.path
      ? []
      : [[`由 ${last.path} 移至 ${next.path}`, `moves from ${last.path} to ${next.path}`]],
  ifDiffers('operations', '开放的操作有变', 'opens other operations than before'),
  (last, next) => (!last.enabled && next.enabled ? [['启用', 'opens']] : []),
  (last, next) => {
    const won = without(next.subjects, last.subjects);
    return won.length === 0 ? [] : [[`开始接受 ${list(won)}`, `opens to ${list(won)}`]];
  },
];

/** What the department is told of people, and who may ask it for them. */
const WHAT_IS_TOLD: readonly Compare[] = [
  (last, next) => {
    const [had, has] = [last, next].map(({ claims }) => claims.map(({ claim }) => claim)) as [
      string[],
      string[],
    ];
    const told = without(has, had);
    const untold = without(had, has);
    if (told.length + untold.length === 0 && differ('claims')(last, next)) {
      return [['告知部门的目的有变', 'what the department is told is for another purpose']];
    }
    return [
      ...(told.length === 0
        ? []
        : [[`新增告知部门：${list(told)}`, `the department is told more: ${list(told)}`] as const]),
      ...(untold.length === 0
        ? []
        : [
            [
              `不再告知部门：${list(untold)}`,
              `the department is not told any more: ${list(untold)}`,
            ] as const,
          ]),
    ];
  },
  (last, next) => {
    if (last.clientCert === next.clientCert) return [];
    return next.clientCert
      ? [
          [
            '部门将收到完整证书（含姓名与号码）',
            'the department gets the whole certificate, with name and numbers',
          ],
        ]
      : [['部门不再收到证书', 'the department does not get the certificate any more']];
  },
  (last, next) => {
    const [had, has] = [last, next].map(({ exchange }) => exchange?.from ?? []) as [string[], string[]];
    const won = without(has, had);
    const lost = without(had, has);
    return [
      ...(won.length === 0
        ? []
        : [[`可代办事人调用：${list(won)}`, `${list(won)} may call it for people`] as const]),
      ...(lost.length === 0
        ? []
        : [
            [
              `不再可代办事人调用：${list(lost)}`,
              `${list(lost)} may not call it for people any more`,
            ] as const,
          ]),
    ];
  },
  ifDiffers('oidc', 'OpenID Connect 登录设置有变', 'signs people in by OpenID Connect in another way'),
  ifDiffers('audit', '审计方式有变', 'its calls are kept in the audit log in another way'),
];

const WHERE: readonly Compare[] = [
  ifDiffers('backends', '业务系统地址有变', 'goes to other back ends than before'),
];

/** Told above, or of no consequence to anybody: name and place in the directory. */
const SAID: ReadonlySet<keyof Enrolment> = new Set([
  ...(['service', 'name', 'description', 'stages', 'enabled', 'subjects', 'authorities'] as const),
  ...(['actingRoles', 'assurance', 'limits', 'hours', 'open', 'maintenance', 'path', 'operations'] as const),
  ...(['claims', 'clientCert', 'exchange', 'oidc', 'audit', 'backends'] as const),
]);
