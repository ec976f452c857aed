import { isIP } from 'node:net';
import { isLoopback } from '../../services/back-end-addresses.ts';
import { fail, text, warn, type Check } from '../check.ts';
import { NOT_CRYPTOGRAPHY } from './clauses.ts';

const PRIVATE =
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i;
const ANY = new Set(['0.0.0.0', '::']);

export const STORE_CHECKS: readonly Check[] = [
  {
    id: 'stores-tls',
    group: 'stores',
    severity: 'critical',
    title: text('到其他机器上存储的连接经加密', 'Connections to stores on other machines are encrypted'),
    mend: text(
      'Redis 用 rediss://，PostgreSQL 用 sslmode=verify-full',
      'rediss:// for Redis, sslmode=verify-full for PostgreSQL',
    ),
    clauses: { gbt22239: ['8.1.2.2', '8.1.4.8'], gbt39786: ['8.2'], asvs: ['1.9.1', '9.2.2'] },
    examine: ({ stores }) =>
      stores
        .filter(({ local, tls }) => !local && !tls)
        .map(({ kind, host }) => fail(`${kind} ${host}：明文`, `${kind} ${host}: clear text`)),
  },
  {
    id: 'stores-password',
    group: 'stores',
    severity: 'high',
    title: text('存储需要口令', 'Stores ask for a password'),
    mend: text('为网关设账户与口令', 'Give the gateway an account with a password'),
    clauses: { gbt22239: ['8.1.4.1'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['14.1.3'] },
    examine: ({ stores }) =>
      stores
        .filter(({ password }) => !password)
        .map(({ kind, host, local }) =>
          (local ? warn : fail)(`${kind} ${host}：无口令`, `${kind} ${host}: no password`),
        ),
  },
  {
    id: 'stores-admin-listener',
    group: 'stores',
    severity: 'high',
    title: text('管理端口不在公网地址', 'The admin listener is on no public address'),
    mend: text(
      'admin.host 设为 127.0.0.1 或内网地址',
      'Set admin.host to 127.0.0.1, or an address of an inner network',
    ),
    clauses: { gbt22239: ['8.1.2.1', '8.1.4.4'], gbt39786: NOT_CRYPTOGRAPHY, asvs: ['14.1.3'] },
    examine: ({ admin: { host } }) => {
      if (ANY.has(host)) return [fail(`${host}：所有地址，明文`, `${host}: every address, in clear text`)];
      if (isLoopback(host)) return [];
      return isIP(host) !== 0 && PRIVATE.test(host)
        ? [warn(`${host}：内网可达，明文`, `${host}: reached from the inner network, in clear text`)]
        : [fail(`${host}：公网地址`, `${host}: not an address of an inner network`)];
    },
  },
];
