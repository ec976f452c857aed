import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Facts } from '../facts.ts';
import { see } from './see.ts';

/** What the operating system says of the process that holds the audit log: the gateway (Linux only). */
export const lookAtHost = async (data: string): Promise<Facts['host']> => ({
  node: process.versions.node,
  gatewayUser: await see(() => {
    const status = readFileSync(`/proc/${gatewayProcess(data)}/status`, 'utf8');
    return numberIn(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]);
  }),
  coreLimit: await see(() => {
    const limits = readFileSync(`/proc/${gatewayProcess(data)}/limits`, 'utf8');
    const soft = /^Max core file size\s+(\S+)/m.exec(limits)?.[1];
    return soft === 'unlimited' ? Infinity : numberIn(soft);
  }),
});

/** Who has the lock of the audit log (src/audit/lock-folder.ts), by the inode in /proc/locks. */
const gatewayProcess = (data: string): number => {
  const { ino } = statSync(join(data, 'audit', 'lock'));
  const line = readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .find((each) => each.includes(` WRITE `) && each.includes(`:${ino} `));
  return numberIn(/WRITE\s+(\d+)\s/.exec(line ?? '')?.[1]);
};

const numberIn = (text: string | undefined): number => {
  if (text === undefined || !/^\d+$/.test(text)) {
    throw Object.assign(new Error('not found'), { code: 'ENOENT' });
  }
  return Number(text);
};
