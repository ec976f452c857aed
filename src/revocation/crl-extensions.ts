import { context, DerReader, TAG } from '../certificate/der.ts';
import {
  readDistributionPointName,
  readDistributionPoints,
  readReasonFlags,
} from '../certificate/extensions/distribution-points.ts';
import { readAuthorityKeyIdentifier } from '../certificate/extensions/key-identifiers.ts';
import { generalNameKey, directoryNameKey } from '../certificate/general-name.ts';
import { relativeNameKey } from '../certificate/name.ts';
import { CrlError } from './crl-error.ts';
import type { CrlScope } from './shared-crl.ts';

/** Object identifiers of CRL extensions (RFC 5280 section 5.2). */
const CRL_EXTENSION = {
  issuerAltName: '2.5.29.18',
  crlNumber: '2.5.29.20',
  deltaCrlIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
  authorityKeyIdentifier: '2.5.29.35',
  freshestCrl: '2.5.29.46',
} as const;

/** What the extensions of a CRL say; fields as in SharedCrl. */
export interface CrlExtensions {
  readonly authorityKeyIdentifier: string | undefined;
  readonly number: string | undefined;
  readonly baseNumber: string | undefined;
  readonly scope: CrlScope | undefined;
  readonly freshestUris: readonly string[];
}

const LIMIT = 64;
/** RFC 5280 section 5.2.3: users must be able to handle crlNumbers of up to 20 octets. */
const NUMBER_LIMIT = 20;

/**
 * Reads the content of crlExtensions [0]. Throws DerError, and CrlError for a critical extension that is not processed
 * here: such a CRL must not be used (section 5.2).
 *
 * @param issuer DistinguishedName.key of the CRL's issuer
 */
export const readCrlExtensions = (explicit: DerReader, issuer: string): CrlExtensions => {
  const list = explicit.enter(TAG.sequence);
  explicit.finish();
  const values = new Map<string, Uint8Array>();
  do {
    if (values.size >= LIMIT) list.fail('too many extensions');
    const extension = list.enter(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.peek() === TAG.boolean && extension.boolean();
    const value = extension.content(TAG.octetString);
    extension.finish();
    if (values.has(oid)) list.fail(`the extension ${oid} stands there twice`);
    if (critical && !PROCESSED.has(oid))
      throw new CrlError('unknown-critical-extension', `CRL extension ${oid}`);
    values.set(oid, value);
  } while (!list.done);

  const decode = <T>(oid: string, read: (value: Uint8Array) => T): T | undefined => {
    const value = values.get(oid);
    return value === undefined ? undefined : read(value);
  };
  return {
    authorityKeyIdentifier: decode(CRL_EXTENSION.authorityKeyIdentifier, (value) => {
      const identifier = readAuthorityKeyIdentifier(value);
      return identifier === undefined ? undefined : Buffer.from(identifier).toString('hex');
    }),
    number: decode(CRL_EXTENSION.crlNumber, readNumber),
    baseNumber: decode(CRL_EXTENSION.deltaCrlIndicator, readNumber),
    scope: decode(CRL_EXTENSION.issuingDistributionPoint, (value) => readScope(value, issuer)),
    freshestUris:
      decode(CRL_EXTENSION.freshestCrl, readDistributionPoints)?.flatMap(({ uris }) => uris) ?? [],
  };
};

const PROCESSED: ReadonlySet<string> = new Set(Object.values(CRL_EXTENSION));

const readNumber = (value: Uint8Array): string => {
  const outer = new DerReader(value);
  const octets = outer.integer();
  outer.finish();
  if ((octets[0] as number) >= 0x80) outer.fail('a negative crlNumber');
  if (octets.length > NUMBER_LIMIT + (octets[0] === 0 ? 1 : 0)) outer.fail('a crlNumber of over 20 octets');
  return Buffer.from(octets)
    .toString('hex')
    .replace(/^0+(?=.)/, '');
};

/** RFC 5280 section 5.2.5. */
const readScope = (value: Uint8Array, issuer: string): CrlScope => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  const name = readDistributionPointName(fields);
  const onlyContainsUserCerts = readFlag(fields, 1);
  const onlyContainsCaCerts = readFlag(fields, 2);
  const onlySomeReasons = readReasonFlags(fields, context(3, 'primitive'));
  const indirect = readFlag(fields, 4);
  const onlyContainsAttributeCerts = readFlag(fields, 5);
  fields.finish();
  const kinds = [
    onlyContainsUserCerts ? (['user'] as const) : [],
    onlyContainsCaCerts ? (['authority'] as const) : [],
    onlyContainsAttributeCerts ? (['attribute'] as const) : [],
  ].flat();
  if (kinds.length > 1) fields.fail('a CRL only of several kinds of certificate at once');
  return {
    names:
      name === undefined
        ? undefined
        : 'fullName' in name
          ? name.fullName.map(generalNameKey)
          : [directoryNameKey(relativeNameKey(issuer, name.relativeToIssuer))],
    onlyContains: kinds[0],
    onlySomeReasons,
    indirect,
  };
};

/** [number] IMPLICIT BOOLEAN DEFAULT FALSE. */
const readFlag = (fields: DerReader, number: number): boolean => {
  const tag = context(number, 'primitive');
  if (fields.peek() !== tag) return false;
  const content = fields.content(tag);
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) fields.fail('not a DER BOOLEAN');
  return content[0] === 0xff;
};
