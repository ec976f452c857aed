import { algorithmPolicySchema, allowsKey, allowsSignature } from '../../../src/path/algorithm-policy.ts';
import type { PublicKey } from '../../../src/certificate/public-key.ts';
import type { SignatureAlgorithm } from '../../../src/certificate/algorithm.ts';

const strict = algorithmPolicySchema.parse({});
const bytes = new Uint8Array();
const rsa = (bits: number, sound = true): PublicKey => ({
  spki: bytes,
  keyBits: bytes,
  type: 'rsa',
  bits,
  sound,
});
const signed = (name: SignatureAlgorithm['name'], hash: SignatureAlgorithm['hash']): SignatureAlgorithm => ({
  oid: '',
  der: bytes,
  name,
  hash,
});
const exception = (allow: 'sha1-signature' | 'rsa-1024') =>
  algorithmPolicySchema.parse({
    exceptions: [{ allow, until: '2027-06-30', reason: 'cards issued before 2015' }],
  });
const LAST = Date.parse('2027-06-30T23:59:59.999+08:00');

describe('The strict policy', () => {
  it.each([
    [1024, false],
    [2047, false],
    [2048, true],
    [8192, true],
    [8193, false],
  ])('RSA of %d bits: %p', (bits, allowed) => expect(allowsKey(strict, rsa(bits), 0)).toBe(allowed));

  it('refuses an unsound RSA key of any size, exception or not', () => {
    expect(allowsKey(strict, rsa(4096, false), 0)).toBe(false);
    expect(allowsKey(exception('rsa-1024'), rsa(1024, false), 0)).toBe(false);
  });

  it.each([
    ['rsa-pkcs1', 'md5', false],
    ['rsa-pkcs1', 'sha1', false],
    ['rsa-pkcs1', 'sha224', false],
    ['rsa-pkcs1', 'sha256', true],
    ['rsa-pss', 'sha1', false],
    ['rsa-pss', 'sha512', true],
    ['ecdsa', 'sha1', false],
    ['ecdsa', 'sha384', true],
    ['ed25519', undefined, true],
    ['sm2', 'sm3', true],
    ['unknown', undefined, false],
  ] as const)('%s with %s: %p', (name, hash, allowed) =>
    expect(allowsSignature(strict, signed(name, hash), 0)).toBe(allowed),
  );
});

describe('An exception', () => {
  it('lets through just what it names, to the end of its day in China', () => {
    expect(allowsKey(exception('rsa-1024'), rsa(1024), LAST)).toBe(true);
    expect(allowsKey(exception('rsa-1024'), rsa(1024), LAST + 1)).toBe(false);
    expect(allowsKey(exception('rsa-1024'), rsa(1023), LAST)).toBe(false);
    expect(allowsSignature(exception('sha1-signature'), signed('rsa-pkcs1', 'sha1'), LAST)).toBe(true);
    expect(allowsSignature(exception('sha1-signature'), signed('rsa-pkcs1', 'sha1'), LAST + 1)).toBe(false);
    expect(allowsSignature(exception('rsa-1024'), signed('rsa-pkcs1', 'sha1'), LAST)).toBe(false);
  });
  it('needs a reason', () => {
    const written = { allow: 'rsa-1024', until: '2027-06-30', reason: 'why not' };
    expect(algorithmPolicySchema.safeParse({ exceptions: [written] }).success).toBe(false);
  });
});
