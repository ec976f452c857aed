import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { measure } from './measure.ts';

/** Contexts are what keeps the CRL alive. */
const contexts: SecureContext[] = [];

// `crl` takes PEM only; it was written as PEM beforehand, so that its making is not counted.
await measure((file, ca) => {
  contexts.push(createSecureContext({ ca: readFileSync(ca), crl: readFileSync(`${file}.pem`) }));
  return Promise.resolve({
    note: 'signature not verified until a handshake; look-ups only inside handshakes',
  });
});
