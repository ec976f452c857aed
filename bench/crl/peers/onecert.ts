import { readFileSync } from 'node:fs';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import { openCrlIndex } from '../../../src/revocation/crl-index.ts';
import { createCrlLoader } from '../../../src/revocation/crl-loader.ts';
import { measure } from './measure.ts';

const loader = createCrlLoader();
let issuers: Certificate[] = [];

await measure(
  async (file) => {
    const { index } = await loader.load({ source: { file }, issuers });
    const find = openCrlIndex(index);
    return { isRevoked: (serial) => find(0, serial) !== undefined };
  },
  async (ca) => {
    // The gateway's trust list is there and its loader thread running long before; the thread has been asked for one
    // thing here, in vain, and has never read a CRL.
    issuers = decodePem(readFileSync(ca, 'latin1')).map((der) => parseCertificate(der));
    await loader.load({ source: { file: ca }, issuers }).catch(() => undefined);
  },
);
process.exit();
