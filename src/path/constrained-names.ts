import type { Certificate } from '../certificate/certificate.ts';
import { nameFormOf } from '../certificate/extensions/name-constraints.ts';
import type { GeneralName } from '../certificate/general-name.ts';
import { SMTP_UTF8_MAILBOX } from './name-forms/mailbox.ts';

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

export interface ConstrainedName {
  readonly name: GeneralName;
  /** The form whose constraints hold for it: see nameFormOf. */
  readonly form: string;
}

/** All names of a certificate that constraints are about (RFC 5280 section 4.2.1.10). */
export function* constrainedNames({ subject, subjectAltName }: Certificate): Generator<ConstrainedName> {
  // An empty subject is no name.
  if (subject.rdns.length > 0)
    yield { name: { type: 'directoryName', name: subject }, form: 'directoryName' };
  for (const name of subjectAltName ?? []) {
    yield { name, form: nameFormOf(name) };
    // RFC 9598 section 6: rfc822Name's constraints hold for it too.
    if (name.type === 'otherName' && name.oid === SMTP_UTF8_MAILBOX) yield { name, form: 'rfc822Name' };
  }
  // Demanded where there is no subjectAltName; a name that is believed elsewhere is as well checked always.
  for (const { oid, value } of subject.rdns.flat()) {
    if (oid === EMAIL_ADDRESS) yield { name: { type: 'rfc822Name', value }, form: 'rfc822Name' };
  }
}
