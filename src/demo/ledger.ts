import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Revocation } from './crl.ts';
import type { IssuedStatus } from './ocsp.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

/** What an authority remembers: the serial numbers it has given out, and which of them it has taken back. */
export interface Ledger {
  readonly revocations: readonly Revocation[];
  statusOf(serial: string): IssuedStatus;
  /** To be called before the certificate is handed out, so that a certificate in use is never unknown. */
  recordIssued(serial: string): Promise<void>;
  recordRevoked(revocation: Revocation): Promise<void>;
  /** Takes a certificate off hold. Nothing else can be taken back (RFC 5280 section 5.3.1). */
  recordReleased(serial: string): Promise<void>;
  /** The next CRL number; every CRL of the authority gets a higher one. */
  nextCrlNumber(): Promise<number>;
}

interface State {
  readonly crlNumber: number;
  readonly revocations: readonly Revocation[];
}

/** Opens an authority's ledger in `folder`, an empty one where there is none. */
export const openLedger = async (folder: string): Promise<Ledger> => {
  const issuedFile = join(folder, 'issued.txt');
  const stateFile = join(folder, 'revoked.json');
  const issued = new Set((await readIfThere(issuedFile))?.toString('latin1').split('\n'));
  let state = readState(await readIfThere(stateFile));
  // One write at a time: each is made from the state that the one before it left.
  let writing: Promise<unknown> = Promise.resolve();
  const change = (make: (before: State) => State): Promise<State> => {
    const next = writing.then(async () => {
      const after = make(state);
      await writePrivateFile(stateFile, `${JSON.stringify(after, null, 2)}\n`);
      state = after;
      return after;
    });
    writing = next.catch(() => undefined);
    return next;
  };
  return {
    get revocations() {
      return state.revocations;
    },
    statusOf: (serial) =>
      state.revocations.find((each) => each.serial === serial) ?? (issued.has(serial) ? 'good' : 'unknown'),
    async recordIssued(serial) {
      await appendFile(issuedFile, `${serial}\n`, { mode: 0o600 });
      issued.add(serial);
    },
    async recordRevoked(revocation) {
      await change(({ crlNumber, revocations }) => ({
        crlNumber,
        revocations: [...revocations.filter(({ serial }) => serial !== revocation.serial), revocation],
      }));
    },
    async recordReleased(serial) {
      await change(({ crlNumber, revocations }) => ({
        crlNumber,
        revocations: revocations.filter((each) => each.serial !== serial),
      }));
    },
    async nextCrlNumber() {
      const { crlNumber } = await change((before) => ({ ...before, crlNumber: before.crlNumber + 1 }));
      return crlNumber;
    },
  };
};

const readState = (content: Buffer | undefined): State =>
  content === undefined ? { crlNumber: 0, revocations: [] } : (JSON.parse(content.toString('utf8')) as State);
