import { fail, text, unknown, warn, type Check } from '../check.ts';
import { DAY_MS } from './days.ts';

const OLD_DAYS = 365;
const TOO_OLD_DAYS = 730;
const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

export const KEY_CHECKS: readonly Check[] = [
  {
    id: 'keys-size',
    group: 'keys',
    severity: 'critical',
    title: text('网关密钥长度与算法符合要求', "The gateway's keys have the size and kind they should have"),
    mend: text('用 onecert keys rotate 轮换该密钥', 'Rotate the key: onecert keys rotate'),
    clauses: { gbt22239: ['8.1.4.8'], gbt39786: ['8.4'], asvs: ['6.2.2'] },
    examine: ({ keys }) =>
      'unseen' in keys
        ? [unknown(keys.unseen)]
        : keys.seen.flatMap(({ name, version, problem }) =>
            problem === undefined
              ? []
              : [fail(`${name} ${version}：${problem}`, `${name} ${version}: ${problem}`)],
          ),
  },
  {
    id: 'keys-rotation',
    group: 'keys',
    severity: 'medium',
    title: text('密钥按期轮换', 'Keys are rotated in time'),
    mend: text('用 onecert keys rotate 轮换（每年一次）', 'Rotate each year: onecert keys rotate'),
    clauses: { gbt22239: ['8.1.4.8'], gbt39786: ['8.5'], asvs: ['1.6.1', '1.6.3'] },
    examine: ({ keys, at }) =>
      'unseen' in keys
        ? [unknown(keys.unseen)]
        : keys.seen.flatMap(({ name, version, createdAt, inUse, rotation }) => {
            const days = Math.floor((at - createdAt) / DAY_MS);
            if (!inUse || rotation === 'never' || days <= OLD_DAYS) return [];
            return [
              (days > TOO_OLD_DAYS ? fail : warn)(
                `${name} ${version}：已用 ${days} 天`,
                `${name} ${version}: ${days} days old`,
              ),
            ];
          }),
  },
  {
    id: 'keys-secrets-readable',
    group: 'keys',
    severity: 'critical',
    title: text('密钥与数据仅网关账户可读', "Only the gateway's own user can read keys and data"),
    mend: text(
      'chmod 700 数据目录与密钥目录，chmod 600 密钥文件',
      'chmod 700 the folders of data and keys, chmod 600 each key',
    ),
    clauses: { gbt22239: ['8.1.4.2', '8.1.4.8'], gbt39786: ['8.3'], asvs: ['6.4.1', '1.6.2'] },
    examine: ({ paths }) =>
      'unseen' in paths
        ? [unknown(paths.unseen)]
        : paths.seen.flatMap(({ path, demand, mode }) =>
            demand === 'secret' && (mode & 0o077) !== 0
              ? [fail(`${path}：权限 ${octal(mode)}`, `${path}: mode ${octal(mode)}`)]
              : [],
          ),
  },
  {
    id: 'keys-configuration-writable',
    group: 'keys',
    severity: 'high',
    title: text('配置与信任列表不可被他人改写', 'Nobody else can write configuration and trust list'),
    mend: text(
      'chmod go-w 配置、部门与信任列表目录',
      'chmod go-w the folders of configuration, departments and trust list',
    ),
    clauses: { gbt22239: ['8.1.4.2', '8.1.4.7'], gbt39786: ['8.3'], asvs: ['14.1.3'] },
    examine: ({ paths }) =>
      'unseen' in paths
        ? [unknown(paths.unseen)]
        : paths.seen.flatMap(({ path, demand, mode }) => {
            if (demand !== 'decides' || (mode & 0o022) === 0) return [];
            return [
              ((mode & 0o002) !== 0 ? fail : warn)(
                `${path}：权限 ${octal(mode)}`,
                `${path}: mode ${octal(mode)}`,
              ),
            ];
          }),
  },
];
