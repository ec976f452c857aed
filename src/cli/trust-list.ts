import { Command } from 'commander';
import { resolve } from 'node:path';
import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import { loadTrustList } from '../trust/load-trust-list.ts';

const DAY_MS = 86_400_000;

export const trustListCommand = (): Command =>
  new Command('list')
    .description('Print every authority, its certificates and the days they have left')
    .option('-t, --trust <folder>', 'folder of the trust list', 'ca-trust')
    .option('--json', 'print JSON')
    .action(({ trust: folder, json }: { trust: string; json?: boolean }) => {
      const authorities = [...loadTrustList(resolve(folder), 1).authorities.values()].map(
        ({ settings, anchors, intermediates }) => ({
          authority: settings.authority,
          name: settings.name,
          status: settings.status,
          acceptIssuedBefore: settings.acceptIssuedBefore,
          validity: settings.validity,
          anchors: anchors.map(summary),
          intermediates: intermediates.map(summary),
        }),
      );
      if (json === true) {
        process.stdout.write(`${JSON.stringify(authorities, null, 2)}\n`);
        return;
      }
      for (const each of authorities) {
        const { authority, name, status, acceptIssuedBefore, validity } = each;
        const limits = [
          acceptIssuedBefore === undefined ? status : `${status}: issued before ${acceptIssuedBefore}`,
          ...(validity.from === undefined ? [] : [`from ${validity.from}`]),
          ...(validity.until === undefined ? [] : [`until ${validity.until}`]),
        ];
        process.stdout.write(`${authority}  ${name.zh} / ${name.en}  [${limits.join(', ')}]\n`);
        for (const anchor of each.anchors) process.stdout.write(`  anchor        ${line(anchor)}\n`);
        for (const below of each.intermediates) process.stdout.write(`  intermediate  ${line(below)}\n`);
      }
    });

const summary = ({ subject, notAfter, publicKey, fingerprint }: Certificate) => ({
  subject: formatName(subject),
  key: publicKey.curve ?? `${publicKey.type}-${publicKey.bits}`,
  daysLeft: Math.floor((notAfter - Date.now()) / DAY_MS),
  sha256: fingerprint,
});

const line = ({ subject, key, daysLeft, sha256 }: ReturnType<typeof summary>): string =>
  `${subject}  ${key}  ${daysLeft < 0 ? 'EXPIRED' : `${daysLeft} days left`}  sha256:${sha256.slice(0, 16)}…`;
