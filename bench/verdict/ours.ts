import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { verifySignature } from '../../src/certificate/verify-signature.ts';
import { createRevocationChecker } from '../../src/revocation/checker.ts';
import { authoritySettingsSchema } from '../../src/trust/authority-settings.ts';
import { createTrustList, type TrustList } from '../../src/trust/trust-list.ts';
import { createCrlIssuerFinder } from '../../src/verdict/crl-issuers.ts';
import { cacheVerdicts, createJudge, type Judge } from '../../src/verdict/index.ts';
import type { BenchChain } from './chain.ts';

/** One way to judge leaves, by number. Throws where a good one is not found good. */
export type Contestant = (leaf: number) => void | Promise<void>;

const settings = authoritySettingsSchema.parse({
  authority: 'bench',
  name: { zh: '测试', en: 'Bench' },
  anchors: ['root.crt'],
  identity: { sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }] },
});

/** Certificates are parsed anew, so that nothing is remembered of them. */
const trustListOf = ({ root, issuing }: BenchChain, withIntermediate: boolean): TrustList =>
  createTrustList(1, [
    {
      settings,
      anchors: [parseCertificate(Buffer.from(root.der))],
      intermediates: withIntermediate ? [parseCertificate(Buffer.from(issuing.der))] : [],
    },
  ]);

const judgeOver = ({ crls }: BenchChain, list: TrustList): Judge => {
  const snapshot = { epoch: 1, crls };
  return createJudge({
    trust: () => list,
    revocationEpoch: () => 1,
    revocation: createRevocationChecker({
      snapshot: () => snapshot,
      resolve: async () => ({ status: 'unknown', steps: [] }),
      findCrlIssuers: createCrlIssuerFinder(() => list),
    }),
  });
};

const leafOf = ({ leaves }: BenchChain, number: number): Uint8Array =>
  leaves[number % leaves.length] as Uint8Array;

const good = async (judge: Judge, presented: readonly Uint8Array[], at: number): Promise<void> => {
  const { outcome, code } = await judge(presented, at);
  if (outcome !== 'good') throw new Error(`refused: ${code}`);
};

/** The floor: the two signatures of the chain (or the leaf's alone), nothing parsed, keys at hand. */
export const bareSignatures = (chain: BenchChain, count: 1 | 2): Contestant => {
  const { root, issuing, leaves, kind } = chain;
  const parsed = leaves.map((der) => parseCertificate(der));
  const check = (signed: (typeof parsed)[number], by: typeof issuing, key: KeyObject): void => {
    const { tbs, signature, signatureAlgorithm } = signed;
    const verified =
      kind === 'SM2'
        ? // node:crypto has no SM2 with a signer id: our own few lines on its Verify (decision 7).
          verifySignature(signatureAlgorithm, by.parsed.publicKey, tbs, signature)
        : verify('sha256', tbs, key, signature);
    if (!verified) throw new Error('a good signature was refused');
  };
  const keyOf = ({ key }: typeof issuing): KeyObject => createPublicKey(key.privateKey);
  const [rootKey, issuingKey] = [keyOf(root), keyOf(issuing)];
  return (leaf) => {
    check(parsed[leaf % parsed.length] as (typeof parsed)[number], issuing, issuingKey);
    if (count === 2) check(issuing.parsed, root, rootKey);
  };
};

/** A gateway that has been running: the trust list's own certificates are known, the leaf is not. */
export const uncached = (chain: BenchChain): Contestant => {
  const judge = judgeOver(chain, trustListOf(chain, true));
  return (leaf) => good(judge, [leafOf(chain, leaf), chain.issuing.der], chain.at);
};

/** As a browser without the issuing certificate: completed from the trust list. */
export const uncachedAlone = (chain: BenchChain): Contestant => {
  const judge = judgeOver(chain, trustListOf(chain, true));
  return (leaf) => good(judge, [leafOf(chain, leaf)], chain.at);
};

/** Nothing is known: a new trust list without the issuing certificate for every leaf. `prepare` is not timed. */
export const firstEver = (chain: BenchChain): { prepare: (count: number) => void; run: Contestant } => {
  let judges: Judge[] = [];
  return {
    prepare: (count) => {
      judges = Array.from({ length: count }, () => judgeOver(chain, trustListOf(chain, false)));
    },
    run: (leaf) => {
      const judge = judges.pop();
      if (judge === undefined) throw new Error('not prepared');
      return good(judge, [leafOf(chain, leaf), Buffer.from(chain.issuing.der)], chain.at);
    },
  };
};

const EPOCHS = { trust: () => 1, revocation: () => 1 };

/** The same verdict again; the bytes come in other buffers than those that were judged, as on a new connection. */
export const cached = (chain: BenchChain): Contestant => {
  const judge = cacheVerdicts(judgeOver(chain, trustListOf(chain, true)), EPOCHS);
  const presented = chain.leaves.map((leaf) => [leaf, chain.issuing.der]);
  const again = presented.map((ders) => ders.map((der) => Buffer.from(der)));
  const begun = Promise.all(presented.map((ders) => good(judge, ders, chain.at)));
  let ready = false;
  return async (leaf) => {
    if (!ready) {
      await begun;
      ready = true;
    }
    await good(judge, again[leaf % again.length] as Uint8Array[], chain.at);
  };
};
