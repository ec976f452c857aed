import type { Identity, SubjectReading } from '../identity/identity.ts';
import type { IdentityRegister, ReadingContext } from '../identity/register.ts';
import { Refusal } from '../refusal/refusal.ts';

/** Some 1 KiB each. */
const LIMIT = 100_000;

interface Copy {
  readonly authority: string;
  /** What the certificate said: read otherwise, it may be somebody else's. */
  readonly reading: string;
  readonly identity: Identity;
}

/**
 * A register that lasts while its store is away: whom a certificate is of is kept, and given until the store is back.
 * Every new CRL has all certificates judged and identified anew, and nobody known may be refused for that. Strangers are
 * refused (ONECERT_REGISTER_UNAVAILABLE): nobody can say whether they are known under another certificate.
 */
export const keepIdentities = <Register extends IdentityRegister>(
  register: Register,
  limit = LIMIT,
): Register => {
  const copies = new Map<string, Copy>();
  const keep = ({ thumbprint, authority }: ReadingContext, reading: string, identity: Identity): Identity => {
    copies.delete(thumbprint);
    copies.set(thumbprint, { authority, reading, identity });
    const [oldest] = copies.keys();
    if (copies.size > limit && oldest !== undefined) copies.delete(oldest);
    return identity;
  };
  const identify = async (reading: SubjectReading, context: ReadingContext): Promise<Identity> => {
    const text = JSON.stringify(reading);
    try {
      return keep(context, text, await register.identify(reading, context));
    } catch (error) {
      const isAway = error instanceof Refusal && error.code === 'ONECERT_REGISTER_UNAVAILABLE';
      if (!isAway) {
        // A conflict by now, say: what was known of the certificate holds no more.
        copies.delete(context.thumbprint);
        throw error;
      }
      const copy = copies.get(context.thumbprint);
      if (copy === undefined || copy.authority !== context.authority || copy.reading !== text) throw error;
      return copy.identity;
    }
  };
  return { ...register, identify };
};
