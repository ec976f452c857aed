import { DerReader, TAG } from '../../certificate/der.ts';
import type { GeneralName } from '../../certificate/general-name.ts';
import { decodeString } from '../../certificate/string.ts';
import { isHostWithin, readHost, readHostBase, type HostBase } from './host.ts';
import { nameForm, type SubtreeList } from './name-form.ts';

/** RFC 9598: an address whose local part is not ASCII. Constraints of the form rfc822Name hold for it too. */
export const SMTP_UTF8_MAILBOX = '1.3.6.1.5.5.7.8.9';
/** The user principal name that Windows signs in with: written like an address. */
export const USER_PRINCIPAL_NAME = '1.3.6.1.4.1.311.20.2.3';

interface Mailbox {
  readonly local: string;
  readonly host: string;
}
type MailboxBase = Mailbox | HostBase;

const readMailbox = (text: string): Mailbox | undefined => {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const host = readHost(text.slice(at + 1));
  // A quoted local part can be written in many ways; none is compared.
  return local === '' || /["\\]/.test(local) || host === undefined ? undefined : { local, host };
};

/** One mailbox, all of a host, or all of the hosts below a domain. */
const isMailboxWithin = (mailbox: Mailbox, base: MailboxBase, list: SubtreeList): boolean => {
  if ('kind' in base) return isHostWithin(mailbox.host, base);
  if (mailbox.host !== base.host) return false;
  // RFC 5280 section 7.5: the local part is compared exactly, though few hosts tell upper case from lower.
  return list === 'permitted'
    ? mailbox.local === base.local
    : mailbox.local.toLowerCase() === base.local.toLowerCase();
};

const readMailboxBase = (text: string): MailboxBase | undefined =>
  text.includes('@') ? readMailbox(text) : readHostBase(text);

/** rfc822Name, and SmtpUTF8Mailbox under rfc822Name's constraints (RFC 9598 section 6). */
export const rfc822Name = nameForm<Mailbox, MailboxBase>({
  readName: (name) => {
    const text = name.type === 'rfc822Name' ? name.value : textOf(name, SMTP_UTF8_MAILBOX);
    return text === undefined ? undefined : readMailbox(text);
  },
  readBase: (base) => (base.type === 'rfc822Name' ? readMailboxBase(base.value) : undefined),
  isWithin: isMailboxWithin,
});

/** No RFC says how user principal names are constrained: like addresses, "@host" being all of a host as well. */
export const userPrincipalName = nameForm<Mailbox, MailboxBase>({
  readName: (name) => {
    const text = textOf(name, USER_PRINCIPAL_NAME);
    return text === undefined ? undefined : readMailbox(text);
  },
  readBase: (base) => {
    const text = textOf(base, USER_PRINCIPAL_NAME);
    return text === undefined ? undefined : readMailboxBase(text.startsWith('@') ? text.slice(1) : text);
  },
  isWithin: isMailboxWithin,
});

/** The UTF8String of an otherName with this type. */
const textOf = (name: GeneralName, oid: string): string | undefined => {
  if (name.type !== 'otherName' || name.oid !== oid || name.value[0] !== TAG.utf8String) return undefined;
  return decodeString(TAG.utf8String, new DerReader(name.value).content(TAG.utf8String));
};
