import { DerReader, TAG } from '../der.ts';
import { GENERAL_NAME_TAG } from '../general-name.ts';

const ID_AD_OCSP = '1.3.6.1.5.5.7.48.1';

/** URIs of OCSP responders in authorityInfoAccess (RFC 5280 section 4.2.2.1). Throws DerError. */
export const readOcspUris = (value: Uint8Array): readonly string[] => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const uris: string[] = [];
  while (!list.done) {
    const description = list.enter(TAG.sequence);
    const method = description.oid();
    const tag = description.peek();
    const location = description.content(tag);
    description.finish();
    if (method === ID_AD_OCSP && tag === GENERAL_NAME_TAG.uniformResourceIdentifier)
      uris.push(Buffer.from(location).toString('latin1'));
  }
  return uris;
};
