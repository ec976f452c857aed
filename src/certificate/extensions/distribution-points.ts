import type { DistributionPoint, DistributionPointName } from '../certificate.ts';
import { context, DerReader, TAG } from '../der.ts';
import { readGeneralNames } from '../general-name.ts';
import { readRelativeName } from '../name.ts';

const LIMIT = 32;

/** ReasonFlags as bits of a number: bit n of the BIT STRING is `1 << n` (RFC 5280 section 4.2.1.13). */
export const REASON_FLAG = {
  unused: 1 << 0,
  keyCompromise: 1 << 1,
  cACompromise: 1 << 2,
  affiliationChanged: 1 << 3,
  superseded: 1 << 4,
  cessationOfOperation: 1 << 5,
  certificateHold: 1 << 6,
  privilegeWithdrawn: 1 << 7,
  aACompromise: 1 << 8,
} as const;

/** The special value all-reasons of RFC 5280 section 6.3.2 (c). */
export const ALL_REASONS = 0x1fe;

/** RFC 5280 section 4.2.1.13 (and 4.2.1.15, which has the same form). Throws DerError. */
export const readDistributionPoints = (value: Uint8Array): readonly DistributionPoint[] => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const points: DistributionPoint[] = [];
  do {
    if (points.length >= LIMIT) list.fail('too many distribution points');
    points.push(readDistributionPoint(list.enter(TAG.sequence)));
  } while (!list.done);
  return points;
};

const readDistributionPoint = (fields: DerReader): DistributionPoint => {
  const name = readDistributionPointName(fields);
  const reasons = readReasonFlags(fields, context(1, 'primitive'));
  const issuer = fields.enterOptional(context(2));
  const crlIssuer = issuer === undefined ? [] : readGeneralNames(issuer, LIMIT);
  fields.finish();
  if (name === undefined && issuer === undefined) fields.fail('a distribution point without name and issuer');
  const uris =
    name !== undefined && 'fullName' in name
      ? name.fullName.flatMap((each) => (each.type === 'uniformResourceIdentifier' ? [each.value] : []))
      : [];
  return { name, reasons, crlIssuer, uris };
};

/** [0] DistributionPointName, where the next field is one: a CHOICE, so tagged explicitly. */
export const readDistributionPointName = (fields: DerReader): DistributionPointName | undefined => {
  const explicit = fields.enterOptional(context(0));
  if (explicit === undefined) return undefined;
  const relative = explicit.enterOptional(context(1));
  const name: DistributionPointName =
    relative === undefined
      ? { fullName: readGeneralNames(explicit.enter(context(0)), LIMIT) }
      : { relativeToIssuer: readRelativeName(relative) };
  explicit.finish();
  return name;
};

/** ReasonFlags under `tag`, where the next field is one; bits of REASON_FLAG. */
export const readReasonFlags = (fields: DerReader, tag: number): number | undefined => {
  if (fields.peek() !== tag) return undefined;
  const { octets } = fields.bitString(tag);
  let flags = 0;
  for (let bit = 0; bit < 16; bit++)
    if (((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0) flags |= 1 << bit;
  return flags;
};
