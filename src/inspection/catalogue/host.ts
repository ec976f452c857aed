import { fail, text, unknown, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';
import { daysUntil } from './days.ts';

/** Last day of each release line: github.com/nodejs/Release, schedule.json. */
const NODE_ENDS: Readonly<Record<string, string>> = {
  '20': '2026-04-30',
  '22': '2027-04-30',
  '24': '2028-04-30',
};

export const HOST_CHECKS: readonly Check[] = [
  {
    id: 'host-node',
    group: 'host',
    severity: 'high',
    title: text('Node.js 版本仍在维护', 'Node.js is still maintained'),
    mend: text('升级到受维护的长期支持版本', 'Install a release line with long-term support'),
    clauses: { gbt22239: ['8.1.4.4', '8.1.10.5'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['1.14.6', '14.2.1'] },
    examine: ({ host: { node }, at }) => {
      const end = NODE_ENDS[node.split('.')[0] ?? ''];
      if (end === undefined)
        return [
          unknown(
            text(`不知道 Node ${node} 维护到何时`, `until when Node ${node} is maintained is not known here`),
          ),
        ];
      const days = daysUntil(Date.parse(`${end}T23:59:59Z`), at);
      if (days < 0) return [fail(`Node ${node} 已停止维护`, `Node ${node} is not maintained since ${end}`)];
      return days < 90 ? [warn(`Node ${node} 维护至 ${end}`, `Node ${node} is maintained until ${end}`)] : [];
    },
  },
  {
    id: 'host-root',
    group: 'host',
    severity: 'high',
    title: text('网关不以 root 运行', 'The gateway does not run as root'),
    mend: text('用 deploy/systemd 的专用账户运行', 'Run it as a user of its own (deploy/systemd)'),
    clauses: { gbt22239: ['8.1.4.2'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['1.2.1'] },
    examine: ({ host: { gatewayUser } }) => {
      if ('unseen' in gatewayUser) return [unknown(gatewayUser.unseen)];
      return gatewayUser.seen === 0 ? [fail('以 root 运行', 'runs as root')] : [];
    },
  },
  {
    id: 'host-core-dumps',
    group: 'host',
    severity: 'medium',
    title: text('不生成内存转储', 'No core dump is written'),
    mend: text('设 LimitCORE=0', 'Set LimitCORE=0'),
    clauses: { gbt22239: ['8.1.4.8'], gbt39786: ['8.3'], asvs: ['1.6.2'] },
    examine: ({ host: { coreLimit } }) => {
      if ('unseen' in coreLimit) return [unknown(coreLimit.unseen)];
      return coreLimit.seen === 0
        ? []
        : [fail('崩溃时会写出含密钥的内存', 'a crash would write memory, and keys in it, to a file')];
    },
  },
];
