import { DerReader, TAG } from '../der.ts';
import { readGeneralNames, type GeneralName } from '../general-name.ts';

/** subjectAltName and issuerAltName (RFC 5280 sections 4.2.1.6 and 4.2.1.7): at least one name. Throws DerError. */
export const readAlternativeNames = (value: Uint8Array): readonly GeneralName[] => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const names = readGeneralNames(list);
  for (const name of names) {
    if (name.type === 'iPAddress' && name.octets.length !== 4 && name.octets.length !== 16) {
      list.fail('an iPAddress of neither 4 nor 16 octets');
    }
  }
  return names;
};
