import { malformed } from './malformed.ts';
import { strictBase64 } from './strict-base64.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END CERTIFICATE-----(?:\r?\n)?/y;

/**
 * The certificates of percent-encoded PEM (nginx's $ssl_client_escaped_cert, Envoy's Cert and Chain): blocks one after
 * the other and nothing else. A "+" is a plus sign, as both leave none unencoded to mean a space.
 *
 * @param name of the field, for the operator
 * @throws Refusal
 */
export const readEscapedPem = (escaped: string, name: string, limit: number): Uint8Array[] => {
  const pem = decode(escaped) ?? malformed(`${name} is not percent-encoded text`);
  const certificates: Uint8Array[] = [];
  for (let at = 0; at < pem.length; at = BLOCK.lastIndex) {
    BLOCK.lastIndex = at;
    const der = strictBase64((BLOCK.exec(pem)?.[1] ?? '').replace(/[\r\n]/g, ''));
    if (der === undefined) return malformed(`${name} is not PEM certificates and nothing else`);
    if (certificates.length >= limit) return malformed(`${name} has too many certificates`);
    certificates.push(der);
  }
  return certificates.length === 0 ? malformed(`${name} has no certificate`) : certificates;
};

const decode = (escaped: string): string | undefined => {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
};
