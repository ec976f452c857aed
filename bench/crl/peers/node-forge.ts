import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import { measure } from './measure.ts';

await measure((file) => {
  const tree = forge.asn1.fromDer(readFileSync(file).toString('binary'));
  if (!Array.isArray(tree.value)) throw new Error('not a CRL');
  return Promise.resolve({ note: 'has no CRLs: this only reads the ASN.1, no signature, no look-up' });
});
