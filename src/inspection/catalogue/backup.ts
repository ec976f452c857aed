import { fail, text, unknown, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';
import { DAY_MS } from './days.ts';

export const BACKUP_CHECKS: readonly Check[] = [
  {
    id: 'backup-age',
    group: 'backup',
    severity: 'high',
    title: text('每日备份', 'There is a backup of the last day'),
    mend: text(
      '定时运行 onecert backup，并演练恢复',
      'Run onecert backup by a timer, and practise the restore',
    ),
    clauses: { gbt22239: ['8.1.4.9'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['8.1.5'] },
    examine: ({ backup, at }) => {
      if ('unseen' in backup) return [unknown(backup.unseen)];
      const { madeAt } = backup.seen;
      if (madeAt === undefined) return [fail('没有备份记录', 'no backup has left a mark')];
      const days = Math.floor((at - madeAt) / DAY_MS);
      if (days > 7) return [fail(`上次备份在 ${days} 天前`, `the last backup is ${days} days old`)];
      return days > 1 ? [warn(`上次备份在 ${days} 天前`, `the last backup is ${days} days old`)] : [];
    },
  },
];
