import { directoryName } from './directory-name.ts';
import { dnsName } from './dns-name.ts';
import { ipAddress } from './ip-address.ts';
import { rfc822Name, USER_PRINCIPAL_NAME, userPrincipalName } from './mailbox.ts';
import type { AnyNameForm } from './name-form.ts';
import { uniformResourceIdentifier } from './uri.ts';

/**
 * The forms whose constraints are understood, by nameFormOf. RFC 5280 defines none for registeredID, x400Address,
 * ediPartyName and other kinds of otherName: a name of such a form under a constraint of its form is refused.
 */
export const NAME_FORMS: ReadonlyMap<string, AnyNameForm> = new Map([
  ['directoryName', directoryName],
  ['dNSName', dnsName],
  ['rfc822Name', rfc822Name],
  ['uniformResourceIdentifier', uniformResourceIdentifier],
  ['iPAddress', ipAddress],
  [`otherName ${USER_PRINCIPAL_NAME}`, userPrincipalName],
]);
