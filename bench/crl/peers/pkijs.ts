import { readFileSync } from 'node:fs';
import { fromBER, Integer } from 'asn1js';
import { Certificate, CertificateRevocationList } from 'pkijs';
import { decodePem } from '../../../src/certificate/pem.ts';
import { measure } from './measure.ts';

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

await measure(async (file, ca) => {
  const issuer = Certificate.fromBER(buffer(decodePem(readFileSync(ca, 'latin1'))[0] as Uint8Array));
  // By default asn1js reads ten thousand nodes and 16 MiB, which is some three thousand entries: lifted here.
  const limits = { maxNodes: Number.MAX_SAFE_INTEGER, maxContentLength: Number.MAX_SAFE_INTEGER };
  const schema = fromBER(buffer(readFileSync(file)), limits).result;
  if (schema.error !== '') throw new Error(schema.error);
  const crl = new CertificateRevocationList({ schema });
  if (!(await crl.verify({ issuerCertificate: issuer }))) throw new Error('the signature does not verify');
  return {
    isRevoked: (serial) => {
      const asked = new Certificate({
        issuer: crl.issuer,
        serialNumber: new Integer({ valueHex: buffer(serial) }),
      });
      return crl.isCertificateRevoked(asked);
    },
  };
});
