import type { Session } from './session.ts';

/** Bytes of certificates kept with a session: sealed and as text they stay below a store's 64 KiB. */
const MAX_CHAIN_BYTES = 32 * 1024;

/**
 * The certificates of a presented chain that are kept: the leaf, and what follows as far as there is room. Paths are
 * completed from the trust list.
 *
 * @throws RangeError when even the leaf is too large
 */
export const keepableChain = (chain: readonly Uint8Array[]): readonly Uint8Array[] => {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  for (const der of chain) {
    bytes += der.length;
    if (bytes > MAX_CHAIN_BYTES) break;
    kept.push(der);
  }
  if (kept.length === 0) throw new RangeError('no certificate that a session could keep');
  return kept;
};

/** A later form of records gets another number; records of an unknown form are no sessions. */
const FORM = 1;

type Written = Omit<Session, 'key' | 'chain'> & { readonly form: number; readonly chain: readonly string[] };

/** A session as text, without its key, which names the record. */
export const writeSession = ({ key: _, chain, ...session }: Session): string =>
  JSON.stringify({
    form: FORM,
    ...session,
    chain: chain.map((der) => Buffer.from(der).toString('base64')),
  } satisfies Written);

/** What writeSession wrote; the text is authentic (it was sealed). */
export const readSession = (text: string, key: string): Session | undefined => {
  const { form, chain, ...session } = JSON.parse(text) as Written;
  if (form !== FORM) return undefined;
  return { key, ...session, chain: chain.map((der) => Buffer.from(der, 'base64')) };
};
