import { execFileSync } from 'node:child_process';
import { createPublicKey, randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sm2 } from 'sm-crypto-v2';
import { DerReader } from '../../../src/certificate/der.ts';
import { readPublicKey, type PublicKey } from '../../../src/certificate/public-key.ts';
import { sm2KeyPair, sm2Sign } from '../../../src/certificate/sm2.ts';
import { verifySignature } from '../../../src/certificate/verify-signature.ts';
import { describeWith } from '../../tools.ts';

const ALGORITHM = { oid: '1.2.156.10197.1.501', name: 'sm2', hash: 'sm3', der: new Uint8Array() } as const;
const verifies = (key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean =>
  verifySignature(ALGORITHM, key, data, signature);
const keyOf = (spki: Uint8Array): PublicKey => readPublicKey(new DerReader(spki));

describe('SM2 with SM3', () => {
  const { privateKey, publicKey } = sm2KeyPair();
  const key = keyOf(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
  const byPeer = (data: Uint8Array, signature: Uint8Array): boolean => {
    try {
      return sm2.doVerifySignature(
        data,
        Buffer.from(signature).toString('hex'),
        Buffer.from(publicKey).toString('hex'),
        { der: true, hash: true, userId: '1234567812345678' },
      );
    } catch {
      return false;
    }
  };

  it('answers as an independent implementation does, for good and for mutated signatures and messages', () => {
    const answers = { yes: 0, no: 0 };
    for (let round = 0; round < 120; round++) {
      const data = randomBytes(randomInt(1, 200));
      const signature = Buffer.from(sm2Sign(privateKey, data));
      // Inside r or s: the peer reads tags and lengths laxly, and would differ there.
      if (round % 3 === 1)
        signature[round % 2 ? randomInt(8, 32) : signature.length - randomInt(1, 24)]! ^= 1 << randomInt(8);
      if (round % 3 === 2) data[randomInt(data.length)]! ^= 1 << randomInt(8);
      const answer = verifies(key, data, signature);
      expect(answer).toBe(byPeer(data, signature));
      answers[answer ? 'yes' : 'no']++;
    }
    expect(answers).toEqual({ yes: 40, no: 80 });
  });

  it('accepts what the peer signs', () => {
    const data = Buffer.from('一证通用');
    const scalar = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(36, 68).toString('hex');
    const signature = sm2.doSignature(data, scalar, { der: true, hash: true });
    expect(verifies(key, data, Buffer.from(signature, 'hex'))).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['not DER', 'ffff'],
    ['r and s of zero', '3006020100020100'],
    ['negative r', '30060201ff020101'],
    ['r of n', `3026022100fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123020101`],
  ])('refuses a signature that is %s', (_what, hex) => {
    expect(verifies(key, Buffer.from('data'), Buffer.from(hex, 'hex'))).toBe(false);
  });

  it('refuses a key that is no point of the curve, and a compressed one', () => {
    const data = Buffer.from('data');
    const off = Buffer.from(key.spki);
    off[off.length - 1]! ^= 1;
    expect(verifies(keyOf(off), data, sm2Sign(privateKey, data))).toBe(false);
    expect(verifies({ ...key, keyBits: key.keyBits.subarray(0, 33) }, data, sm2Sign(privateKey, data))).toBe(
      false,
    );
  });
});

const withOpenssl = describeWith('openssl');

withOpenssl('SM2 with the openssl command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-sm2-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const digest = ['-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'];

  it('each accepts the signatures of the other', () => {
    openssl('ecparam', '-name', 'SM2', '-genkey', '-noout', '-out', 'a.key');
    openssl('pkey', '-in', 'a.key', '-pubout', '-outform', 'DER', '-out', 'a.pub');
    writeFileSync(join(folder, 'message'), '一个号码');
    openssl('pkeyutl', '-sign', '-inkey', 'a.key', '-in', 'message', ...digest, '-out', 'theirs');
    const message = readFileSync(join(folder, 'message'));
    const theirs = readFileSync(join(folder, 'theirs'));
    expect(verifies(keyOf(readFileSync(join(folder, 'a.pub'))), message, theirs)).toBe(true);

    const { privateKey } = sm2KeyPair();
    writeFileSync(join(folder, 'b.key'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    writeFileSync(join(folder, 'ours'), sm2Sign(privateKey, message));
    openssl('pkeyutl', '-verify', '-inkey', 'b.key', '-in', 'message', ...digest, '-sigfile', 'ours');
  });
});
