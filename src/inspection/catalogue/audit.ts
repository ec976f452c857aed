import { fail, text, unknown, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';

const LATE_MS = 60_000;
const TOO_LATE_MS = 3_600_000;
const whole: Check['clauses'] = { gbt22239: ['8.1.4.3', '8.1.4.7'], gbt39786: ['8.3'], asvs: ['7.3.3'] };

export const AUDIT_CHECKS: readonly Check[] = [
  {
    id: 'audit-healthy',
    group: 'audit',
    severity: 'critical',
    title: text('审计日志可写', 'The audit log can be written'),
    mend: text('检查磁盘空间与权限', 'Look at the disk: space, permissions'),
    clauses: { ...whole, gbt39786: NOT_CRYPTOGRAPHY },
    examine: ({ metrics }) => {
      if ('unseen' in metrics) return [unknown(metrics.unseen)];
      const { auditHealthy } = metrics.seen;
      if (auditHealthy === undefined) return [unknown(text('网关没有报告', 'the gateway does not say'))];
      return auditHealthy ? [] : [fail('审计日志无法写入', 'the audit log cannot be written')];
    },
  },
  {
    id: 'audit-last-segment',
    group: 'audit',
    severity: 'critical',
    title: text('审计日志末段校验通过', 'The last segment of the audit log verifies'),
    mend: text(
      '立即运行 onecert audit verify，保全现场',
      'Run onecert audit verify at once, and keep everything as it is',
    ),
    clauses: whole,
    examine: ({ audit: { lastSegment } }) => {
      if ('unseen' in lastSegment) return [unknown(lastSegment.unseen)];
      const { problem } = lastSegment.seen;
      return problem === undefined ? [] : [fail(problem, problem)];
    },
  },
  {
    id: 'audit-checkpoint',
    group: 'audit',
    severity: 'high',
    title: text('审计日志检查点及时签署', 'Checkpoints of the audit log keep up with it'),
    mend: text('查看网关日志中的检查点错误', 'Look for errors of checkpoints in the log of the gateway'),
    clauses: whole,
    examine: ({ audit: { checkpoint } }) => {
      if ('unseen' in checkpoint) return [unknown(checkpoint.unseen)];
      const { lastEntry, lastCheckpoint } = checkpoint.seen;
      if (lastCheckpoint === undefined) return [fail('没有检查点', 'there is no checkpoint')];
      const behind = lastEntry - lastCheckpoint;
      if (behind <= LATE_MS) return [];
      const minutes = Math.floor(behind / 60_000);
      return [
        (behind > TOO_LATE_MS ? fail : warn)(
          `检查点落后 ${minutes} 分钟`,
          `the last checkpoint is ${minutes} minutes behind`,
        ),
      ];
    },
  },
  {
    id: 'audit-witness',
    group: 'audit',
    severity: 'medium',
    title: text('检查点由第三方见证', 'A witness cosigns checkpoints'),
    mend: text('在 audit.witnesses 中设见证方', 'Name a witness under audit.witnesses'),
    clauses: whole,
    examine: ({ audit: { witnesses } }) =>
      witnesses === 0
        ? [fail('没有见证方：整体改写无从发现', 'no witness: nobody finds a log that was written anew')]
        : [],
  },
  {
    id: 'audit-export',
    group: 'audit',
    severity: 'medium',
    title: text('审计记录实时送往其他系统', 'Entries are sent to another system'),
    mend: text('在 audit.export 中设 syslog', 'Set a syslog receiver under audit.export'),
    clauses: { gbt22239: ['8.1.4.3'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['1.7.2'] },
    examine: ({ audit: { exports } }) => (exports === 0 ? [fail('没有外送', 'nothing is sent')] : []),
  },
];
