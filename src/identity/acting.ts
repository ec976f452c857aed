import { z } from 'zod';

/**
 * In which role a certificate of an enterprise acts for it: 法定代表人, 财务, 经办人, a seal (电子印章), or the enterprise
 * as such (单位). What the certificate does not say is `unknown`.
 */
export const actingRole = z.enum(['legal-representative', 'finance', 'agent', 'seal', 'unit', 'unknown']);
export type ActingRole = z.infer<typeof actingRole>;

/** Who acts for an enterprise, by its certificate. */
export interface Acting {
  readonly role: ActingRole;
  /** Name of the person that the certificate is made out to; absent where it names none beside the enterprise. */
  readonly name?: string;
}
