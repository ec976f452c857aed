import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { dateObjection } from '../../revocation/crl-freshness.ts';
import { CrlError } from '../../revocation/crl-error.ts';
import { createCrlLoader } from '../../revocation/crl-loader.ts';
import type { TrustList } from '../../trust/trust-list.ts';
import type { CrlFacts } from '../facts.ts';

/** Large CRLs take their time; more than this is not waited for. */
const LIMIT_MS = 120_000;
const note = z.object({ authority: z.string(), address: z.string() });

interface Place {
  readonly authority: string;
  readonly address: string;
  readonly file: string;
}

/** CRLs as the gateway keeps them, read and verified anew. Nothing in the folder is changed. */
export const lookAtCrls = async (
  folder: string,
  trust: TrustList,
  at: number,
): Promise<readonly CrlFacts[]> => {
  const loader = createCrlLoader();
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new Error('no answer in time')), LIMIT_MS);
  try {
    const all = Promise.all(placesOf(folder, trust).map((place) => lookAt(place, trust, at, loader)));
    return (await Promise.race([all, timer.promise])).flat();
  } finally {
    clearTimeout(timeout);
    await loader.close();
  }
};

const placesOf = (folder: string, { authorities }: TrustList): readonly Place[] => {
  const kept = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  const fetched = kept.sort().flatMap((name): Place[] => {
    const read = note.safeParse(readJson(join(folder, name)));
    const file = join(folder, name.replace(/json$/, 'crl'));
    return read.success && existsSync(file) ? [{ ...read.data, file }] : [];
  });
  const given = [...authorities.values()].flatMap(({ settings }) =>
    settings.revocation.crl.files.map((file) => ({ authority: settings.authority, address: file, file })),
  );
  return [...fetched, ...given].sort((a, b) =>
    `${a.authority} ${a.address}` < `${b.authority} ${b.address}` ? -1 : 1,
  );
};

const readJson = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
};

const lookAt = async (
  { authority, address, file }: Place,
  { authorities }: TrustList,
  at: number,
  loader: ReturnType<typeof createCrlLoader>,
): Promise<CrlFacts[]> => {
  const known = authorities.get(authority);
  if (known === undefined) return [];
  const issuers = [...known.anchors, ...known.intermediates];
  try {
    const crl = await loader.load({ source: { file }, issuers });
    const problem = dateObjection(crl, known.settings.revocation.crl, at);
    return [{ authority, address, thisUpdate: crl.thisUpdate, nextUpdate: crl.nextUpdate, problem }];
  } catch (error) {
    if (!(error instanceof CrlError)) throw error;
    return [{ authority, address, thisUpdate: 0, nextUpdate: undefined, problem: error.code }];
  }
};
