import { isNameWithin, type DistinguishedName } from '../../certificate/name.ts';
import { nameForm } from './name-form.ts';

/** directoryName: names whose first parts are the base's (RFC 5280 sections 4.2.1.10 and 7.1). */
export const directoryName = nameForm<DistinguishedName, DistinguishedName>({
  readName: (name) => (name.type === 'directoryName' ? name.name : undefined),
  readBase: (base) => (base.type === 'directoryName' ? base.name : undefined),
  isWithin: isNameWithin,
});
