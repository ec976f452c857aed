import { createHash } from 'node:crypto';
import { parseCertificate } from '../../certificate/parse.ts';
import { decodePem } from '../../certificate/pem.ts';
import { InputInvalid } from '../input-invalid.ts';

/** A certificate as it goes into an authority's folder. */
export interface PastedCertificate {
  readonly file: string;
  readonly pem: string;
}

/**
 * Certificates pasted as PEM into the field `name`, each of an authority (RFC 5280 section 4.2.1.9: cA). Files are named by
 * what is in them, so that a renewed one never takes the place of another.
 *
 * @throws InputInvalid ONECERT_INPUT_INVALID
 */
export const readPasted = (
  name: string,
  text: string,
  kind: 'anchor' | 'intermediate',
): readonly PastedCertificate[] => {
  const issue = (message: string): InputInvalid =>
    new InputInvalid([{ file: 'form', line: 1, column: 1, path: name, message }]);
  const ders = decodePem(text, 'CERTIFICATE');
  if (ders.length === 0) throw issue('holds no certificate: expected PEM, from -----BEGIN CERTIFICATE-----');
  return ders.map((der, index) => {
    const which = ders.length === 1 ? 'the certificate' : `certificate ${index + 1}`;
    let isAuthority: boolean;
    try {
      isAuthority = parseCertificate(der).basicConstraints?.ca === true;
    } catch (error) {
      throw issue(`${which} cannot be read: ${(error as Error).message}`);
    }
    if (!isAuthority)
      throw issue(`${which} is not a certificate of an authority (basicConstraints cA is not set)`);
    const digest = createHash('sha256').update(der).digest('hex').slice(0, 16);
    return { file: `${kind}-${digest}.crt`, pem: writePem(der) };
  });
};

/** RFC 7468 section 5. */
const writePem = (der: Uint8Array): string => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};
