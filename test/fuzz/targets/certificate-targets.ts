import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { DerError, DerReader } from '../../../src/certificate/der.ts';
import { formatName, readName } from '../../../src/certificate/name.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import { verifySignature } from '../../../src/certificate/verify-signature.ts';
import { identityProfileSchema } from '../../../src/identity/profile.ts';
import { readSubject } from '../../../src/identity/read-subject.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { CrlError } from '../../../src/revocation/crl-error.ts';
import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { documented, must, outline, type Target } from './target.ts';

const isMalformed = (error: Error): boolean =>
  error instanceof Refusal && error.code === 'ONECERT_CERTIFICATE_MALFORMED';

/** The certificate, or in what words it was refused. */
export const tryParse = (bytes: Uint8Array): { value: Certificate } | { refused: string } =>
  documented(() => parseCertificate(bytes), isMalformed);

const certificate: Target = {
  name: 'certificate',
  weight: 30,
  seeds: ({ certificates }) => certificates,
  run: (bytes) => {
    const parsed = tryParse(bytes);
    if ('refused' in parsed) return parsed.refused;
    const { value } = parsed;
    must(value.der.length === bytes.length, 'a certificate has bytes that are not its own');
    must(value.fingerprint.length === 64, 'a certificate has no fingerprint');
    must(formatName(value.subject).length < 1_000_000, 'a name grew while it was formatted');
    return `parsed: ${[...value.extensions.keys()].join()} ${value.publicKey.type} ${value.version}`;
  },
};

/** A key that OpenSSL is handed: nothing it makes of it may escape. */
const key: Target = {
  name: 'key',
  weight: 3,
  seeds: ({ certificates }) => certificates,
  run: (bytes) => {
    const parsed = tryParse(bytes);
    if ('refused' in parsed) return parsed.refused;
    const { signatureAlgorithm, publicKey, tbs, signature } = parsed.value;
    // As the path's checks do: no verification under keys of other sizes.
    if (publicKey.bits > 8192 || publicKey.sound === false) return 'not verified';
    const verified = verifySignature(signatureAlgorithm, publicKey, tbs, signature);
    return `${signatureAlgorithm.name} ${publicKey.type} ${publicKey.curve ?? ''} ${verified}`;
  },
};

const name: Target = {
  name: 'name',
  weight: 12,
  seeds: ({ names }) => names,
  run: (bytes) => {
    const read = documented(
      () => readName(new DerReader(bytes)),
      (error) => error instanceof DerError,
    );
    if ('refused' in read) return read.refused;
    const { key: matching, rdns } = read.value;
    // Text may grow by JSON's escapes (6 for 1) and by NFKC (18 for 1), and by nothing else.
    must(matching.length < 2000 + bytes.length * 120, 'a matching key out of proportion');
    must(formatName(read.value).length < 2000 + bytes.length * 120, 'a text out of proportion');
    return `name: ${rdns.flatMap((attributes) => attributes.map(({ tag }) => tag)).join()}`.slice(0, 40);
  },
};

const pem: Target = {
  name: 'pem',
  weight: 5,
  seeds: ({ pems }) => pems,
  run: (bytes) => {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const blocks = decodePem(text);
    must(
      blocks.reduce((sum, { length }) => sum + length, 0) <= bytes.length,
      'more came out of PEM than is in it',
    );
    const source = documented(
      () => openCrlBytes(bytes),
      (error) => error instanceof CrlError,
    );
    return `${blocks.length} ${blocks.map((der) => ('value' in tryParse(der) ? 'certificate' : 'no')).join()} ${
      'refused' in source ? source.refused : 'crl'
    }`;
  },
};

const PROFILES = ['yuean', 'zhujiang', 'pengcheng'].map((authority) => {
  const file = join(import.meta.dirname, '../../../ca-trust', authority, 'authority.yaml');
  const { identity } = parseYaml(readFileSync(file, 'utf8')) as { identity: unknown };
  return identityProfileSchema.parse(identity);
});
const OF_IDENTITY = new Set([
  'ONECERT_IDENTIFIER_INVALID',
  'ONECERT_IDENTIFIER_MISSING',
  'ONECERT_IDENTITY_CONFLICT',
]);

const subject: Target = {
  name: 'subject',
  weight: 6,
  seeds: ({ certificates }) => certificates.slice(0, 24),
  run: (bytes) => {
    const parsed = tryParse(bytes);
    if ('refused' in parsed) return parsed.refused;
    return PROFILES.map((profile) => {
      const read = documented(
        () => readSubject(parsed.value, profile),
        (error) => error instanceof Refusal && OF_IDENTITY.has(error.code),
      );
      return 'refused' in read ? read.refused : outline(read.value.kind);
    }).join();
  },
};

export const CERTIFICATE_TARGETS: readonly Target[] = [certificate, key, name, pem, subject];
