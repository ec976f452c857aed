import { fail, text, unknown, warn, type Check, type Finding } from '../check.ts';
import type { Facts, ListenerFacts, Seen } from '../facts.ts';
import { daysUntil } from './days.ts';

const DAYS_SOON = 30;
const DAYS_LATE = 7;
const STRONG_BITS: Readonly<Record<string, number>> = { rsa: 2048, ec: 256, ed25519: 255 };

/** Looks at each listener; one that could not be reached is unknown. */
const each =
  <T>(of: (listener: ListenerFacts) => Seen<T>, look: (seen: T, name: string) => readonly Finding[]) =>
  ({ listeners }: Facts): readonly Finding[] =>
    listeners.flatMap((listener) => {
      const seen = of(listener);
      if ('seen' in seen) return look(seen.seen, listener.name);
      const { zh, en } = seen.unseen;
      return [unknown(text(`${listener.name}：${zh}`, `${listener.name}: ${en}`))];
    });

const clauses = (asvs: string): Check['clauses'] => ({
  gbt22239: ['8.1.2.2', '8.1.4.8'],
  gbt39786: ['8.2'],
  asvs: [asvs],
});

export const TLS_CHECKS: readonly Check[] = [
  {
    id: 'tls-version',
    group: 'tls',
    severity: 'critical',
    title: text('只接受 TLS 1.2 及以上版本', 'Only TLS 1.2 and later is taken'),
    mend: text(
      '检查前置设备与系统 OpenSSL 配置，关闭 TLS 1.0、1.1',
      'Turn TLS 1.0 and 1.1 off, in what stands in front of the gateway too (RFC 8996)',
    ),
    clauses: clauses('9.1.3'),
    examine: each(
      ({ oldVersions }) => oldVersions,
      (versions, name) =>
        versions.map((version) => fail(`${name}：接受 ${version}`, `${name}: takes ${version}`)),
    ),
  },
  {
    id: 'tls-suites',
    group: 'tls',
    severity: 'critical',
    title: text('不接受已被攻破的密码套件', 'No broken cipher suite is taken'),
    mend: text(
      '关闭 NULL、匿名、出口、RC4、DES 套件',
      'Turn NULL, anonymous, export, RC4 and DES suites off',
    ),
    clauses: clauses('9.1.2'),
    examine: each(
      ({ suites }) => suites,
      ({ broken }, name) => broken.map((suite) => fail(`${name}：接受 ${suite}`, `${name}: takes ${suite}`)),
    ),
  },
  {
    id: 'tls-forward-secrecy',
    group: 'tls',
    severity: 'medium',
    title: text('密码套件均有前向保密', 'Every cipher suite has forward secrecy'),
    mend: text(
      '改用 ECDSA 证书，或设 tls.minimumVersion: TLSv1.3',
      'Use an ECDSA certificate, or tls.minimumVersion: TLSv1.3 (RFC 9325 section 4.1)',
    ),
    clauses: clauses('9.1.2'),
    examine: each(
      ({ suites }) => suites,
      ({ withoutForwardSecrecy }, name) =>
        withoutForwardSecrecy.map((suite) => fail(`${name}：接受 ${suite}`, `${name}: takes ${suite}`)),
    ),
  },
  {
    id: 'tls-certificate-days',
    group: 'tls',
    severity: 'critical',
    title: text('服务器证书有效，且不在近期到期', 'The server certificate is valid, and for a while'),
    mend: text(
      '更换 tls.certificate 与 tls.key，网关自动读取',
      'Renew tls.certificate and tls.key: the gateway takes them up',
    ),
    clauses: clauses('9.2.1'),
    examine: (facts) =>
      each(
        ({ certificate }) => certificate,
        ({ notBefore, notAfter }, name) => {
          const days = daysUntil(notAfter, facts.at);
          if (notBefore > facts.at) return [fail(`${name}：证书尚未生效`, `${name}: not valid yet`)];
          if (notAfter <= facts.at) return [fail(`${name}：证书已过期`, `${name}: has expired`)];
          if (days < DAYS_LATE) return [fail(`${name}：仅剩 ${days} 天`, `${name}: ${days} days left`)];
          return days < DAYS_SOON ? [warn(`${name}：剩 ${days} 天`, `${name}: ${days} days left`)] : [];
        },
      )(facts),
  },
  {
    id: 'tls-name',
    group: 'tls',
    severity: 'high',
    title: text('服务器证书与公开域名一致', 'The server certificate is for the public name'),
    mend: text(
      '签发含该域名的证书（subjectAltName）',
      'Have a certificate issued for the name (subjectAltName)',
    ),
    clauses: clauses('9.2.1'),
    examine: each(
      ({ certificate }) => certificate,
      ({ fitsName, publicName }, name) =>
        fitsName ? [] : [fail(`${name}：证书不含 ${publicName}`, `${name}: not for ${publicName}`)],
    ),
  },
  {
    id: 'tls-chain',
    group: 'tls',
    severity: 'medium',
    title: text('证书链完整，可验证到根', 'The chain leads to a known root'),
    mend: text(
      '在 tls.certificate 中补全中间证书；自建根请用 --tls-ca 指明',
      'Put the intermediates into tls.certificate; name a root of your own by --tls-ca',
    ),
    clauses: clauses('9.2.1'),
    examine: each(
      ({ certificate }) => certificate,
      ({ chainProblem }, name) =>
        chainProblem === undefined
          ? []
          : [
              warn(
                `${name}：无法验证到已知根（${chainProblem}）`,
                `${name}: no path to a known root (${chainProblem})`,
              ),
            ],
    ),
  },
  {
    id: 'tls-key-size',
    group: 'tls',
    severity: 'high',
    title: text('服务器密钥长度足够', 'The server key is long enough'),
    mend: text('改用 P-256 或 RSA 2048 位以上密钥', 'Use P-256, or RSA with 2048 bits and more'),
    clauses: clauses('6.2.2'),
    examine: each(
      ({ certificate }) => certificate,
      ({ key: { type, bits } }, name) =>
        bits >= (STRONG_BITS[type] ?? Infinity)
          ? []
          : [fail(`${name}：${type} ${bits} 位`, `${name}: ${type} of ${bits} bits`)],
    ),
  },
];
