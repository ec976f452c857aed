import { type DerReader, TAG } from '../certificate/der.ts';
import { readGeneralNames } from '../certificate/general-name.ts';
import { CrlError } from './crl-error.ts';
import { REASONS } from './crl-record.ts';
import { toSeconds } from './crl-seconds.ts';

const ENTRY_EXTENSION = {
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  certificateIssuer: '2.5.29.29',
} as const;

/** What an entry's extensions say. */
export interface EntryExtensions {
  readonly reason: number;
  /** Seconds since the epoch. */
  readonly invalidityDate: number | undefined;
  /** Keys of the names in certificateIssuer. */
  readonly issuer: readonly string[] | undefined;
}

/** Reads crlEntryExtensions (RFC 5280 section 5.3). Throws DerError, and CrlError for a critical one not known here. */
export const readEntryExtensions = (entry: DerReader): EntryExtensions => {
  const list = entry.enter(TAG.sequence);
  entry.finish();
  let reason: number | undefined;
  let invalidityDate: number | undefined;
  let issuer: readonly string[] | undefined;
  const seen = new Set<string>();
  do {
    const extension = list.enter(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.peek() === TAG.boolean && extension.boolean();
    const value = extension.enter(TAG.octetString);
    extension.finish();
    if (seen.has(oid)) list.fail(`the extension ${oid} stands there twice`);
    seen.add(oid);
    if (oid === ENTRY_EXTENSION.reasonCode) {
      reason = value.smallInteger(TAG.enumerated);
      if (REASONS[reason] === undefined) value.fail('a reason that does not exist');
    } else if (oid === ENTRY_EXTENSION.invalidityDate) {
      if (value.peek() !== TAG.generalizedTime) value.fail('expected a GeneralizedTime');
      invalidityDate = toSeconds(value.time());
    } else if (oid === ENTRY_EXTENSION.certificateIssuer) {
      const names = readGeneralNames(value.enter(TAG.sequence), NAME_LIMIT);
      issuer = names.flatMap((name) => (name.type === 'directoryName' ? [name.name.key] : []));
      if (issuer.length === 0) value.fail('a certificate issuer without a directory name');
    } else {
      // RFC 5280 section 5.3: such a CRL must not be used at all.
      if (critical) throw new CrlError('unknown-critical-extension', `entry extension ${oid}`);
      continue;
    }
    value.finish();
  } while (!list.done);
  return { reason: reason ?? 0, invalidityDate, issuer };
};

const NAME_LIMIT = 16;
