import { readFileSync } from 'node:fs';
import { measure } from './measure.ts';

// What of reflect-metadata @peculiar/x509 asks for when it is loaded.
const metadata = new WeakMap<object, Map<unknown, unknown>>();
Object.assign(Reflect, {
  getMetadata: (key: unknown, target: object) => metadata.get(target)?.get(key),
  getOwnMetadata: (key: unknown, target: object) => metadata.get(target)?.get(key),
  defineMetadata: (key: unknown, value: unknown, target: object) => {
    metadata.set(target, (metadata.get(target) ?? new Map<unknown, unknown>()).set(key, value));
  },
});
const { X509Certificate, X509Crl } = await import('@peculiar/x509');

await measure(async (file, ca) => {
  // By default asn1js reads ten thousand nodes and 16 MiB, which is some three thousand entries: lifted here.
  const berOptions = { maxNodes: Number.MAX_SAFE_INTEGER, maxContentLength: Number.MAX_SAFE_INTEGER };
  const crl = new X509Crl(readFileSync(file), { berOptions });
  const issuer = new X509Certificate(readFileSync(ca, 'latin1'));
  if (!(await crl.verify({ publicKey: issuer }))) throw new Error('the signature does not verify');
  return { isRevoked: (serial) => crl.findRevoked(Buffer.from(serial).toString('hex')) !== null };
});
