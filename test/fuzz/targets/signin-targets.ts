import { Refusal } from '../../../src/refusal/refusal.ts';
import { verifySignedData } from '../../../src/signin/cms/verify-signed-data.ts';
import { readTerminatorCredential } from '../../../src/signin/terminator/read-terminator-credential.ts';
import { documented, must, type Target } from './target.ts';

/** What the seeds sign. */
const CONTENT = Buffer.from('OneCert sign-in challenge');

const isRefusal = (error: Error): boolean => error instanceof Refusal && error.code !== 'ONECERT_INTERNAL';

/** CMS SignedData as a stranger answers a challenge with it. */
const signedData: Target = {
  name: 'signed-data',
  weight: 12,
  seeds: ({ signedData }) => signedData,
  run: (bytes) => {
    const verified = documented(() => verifySignedData(bytes, CONTENT, () => false), isRefusal);
    if ('refused' in verified) return verified.refused;
    const { chain } = verified.value;
    must(chain.length > 0 && chain.length <= 11, 'a chain out of bounds');
    return `signed: ${chain.length}`;
  },
};

const FORMATS = [
  { kind: 'rfc9440' },
  { kind: 'envoy-xfcc' },
  { kind: 'nginx', header: 'X-Cert' },
  { kind: 'haproxy', header: 'X-Cert', chainHeader: 'X-Chain' },
] as const;
const FIELDS = ['Client-Cert', 'X-Forwarded-Client-Cert', 'X-Cert', 'X-Chain', 'Client-Cert-Chain'];

/** A terminator's fields: the bytes are the value of all of them. */
const terminator: Target = {
  name: 'terminator',
  weight: 6,
  seeds: ({ certificates, pems }) => [
    ...certificates.slice(0, 12).map((der) => Buffer.from(`:${Buffer.from(der).toString('base64')}:`)),
    ...certificates.slice(0, 6).map((der) => Buffer.from(Buffer.from(der).toString('base64'))),
    ...pems.slice(0, 12).map((pem) => Buffer.from(encodeURIComponent(Buffer.from(pem).toString('latin1')))),
    ...pems
      .slice(0, 6)
      .map((pem) => Buffer.from(`Cert="${encodeURIComponent(Buffer.from(pem).toString('latin1'))}"`)),
  ],
  run: (bytes) => {
    const value = Buffer.from(bytes).toString('latin1');
    const raw = FIELDS.flatMap((name) => [name, value]);
    return FORMATS.map((format) => {
      const read = readTerminatorCredential(raw, format, '192.0.2.1', 0);
      if (read instanceof Refusal) {
        must(read.code !== 'ONECERT_INTERNAL', `a defect: ${read.detail}`);
        return read.code;
      }
      return read === undefined ? 'nobody' : `chain ${read.chain.length}`;
    }).join();
  },
};

export const SIGNIN_TARGETS: readonly Target[] = [signedData, terminator];
