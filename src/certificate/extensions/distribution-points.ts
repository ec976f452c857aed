import type { DistributionPoint } from '../certificate.ts';
import { context, DerReader, TAG } from '../der.ts';

/** uniformResourceIdentifier of GeneralName (RFC 5280 section 4.2.1.6). */
export const URI_TAG = context(6, 'primitive');

const LIMIT = 32;

/** RFC 5280 section 4.2.1.13 (and 4.2.1.15, which has the same form). Throws DerError. */
export const readDistributionPoints = (value: Uint8Array): readonly DistributionPoint[] => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const points: DistributionPoint[] = [];
  while (!list.done) {
    if (points.length >= LIMIT) list.fail('too many distribution points');
    const der = list.element(TAG.sequence);
    const fields = new DerReader(der).enter(TAG.sequence);
    const uris = readFullName(fields.enterOptional(context(0)));
    points.push({ uris, der });
  }
  return points;
};

/** URIs of DistributionPointName's fullName; none where the name is relative to the issuer's. */
const readFullName = (name: DerReader | undefined): string[] => {
  const fullName = name?.enterOptional(context(0));
  const uris: string[] = [];
  while (fullName !== undefined && !fullName.done) {
    const tag = fullName.peek();
    const content = fullName.content(tag);
    if (tag === URI_TAG) uris.push(Buffer.from(content).toString('latin1'));
  }
  return uris;
};
