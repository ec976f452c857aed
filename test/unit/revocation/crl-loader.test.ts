import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePem } from '../../../src/certificate/pem.ts';
import { createCrlLoader, type CrlLoader } from '../../../src/revocation/crl-loader.ts';
import { createCrlView } from '../../../src/revocation/snapshot.ts';
import { makeAuthority } from '../../conformance/chains/make-certificate.ts';
import { makeCrl } from '../../conformance/chains/make-crl.ts';
import { createAuthority, haveOpenssl, openssl, type KeyKind } from './openssl-authority.ts';

const folder = mkdtempSync(join(tmpdir(), 'onecert-crl-'));
let loader: CrlLoader;
beforeAll(() => {
  loader = createCrlLoader();
});
afterAll(async () => {
  await loader.close();
  rmSync(folder, { recursive: true });
});

const authority = makeAuthority({ subject: 'Authority' });
const issuers = [authority.parsed];
const save = (name: string, bytes: Uint8Array | string): string => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
/** 40,000 entries: more than a window of the reader holds. */
const entries = Array.from({ length: 40_000 }, (_, number) => ({
  of: Buffer.from(`5a${number.toString(16).padStart(30, '0')}`, 'hex'),
}));
const large = makeCrl({ issuer: authority, entries, number: 3 });
const foundIn = (crl: Awaited<ReturnType<CrlLoader['load']>>, serial: Uint8Array): boolean => {
  const [open] = createCrlView({ epoch: 1, crls: [crl] }).issuedBy(crl.issuer).complete;
  return open?.find(crl.issuer, serial) !== undefined;
};

(haveOpenssl ? describe : describe.skip)('CRLs made by openssl', () => {
  it.each<KeyKind>(['rsa', 'ecdsa', 'ed25519', 'sm2'])('signed with %s', async (kind) => {
    const ca = createAuthority(kind);
    const [one, two, three] = ['one', 'two', 'three'].map((each) => ca.issue(each));
    if (one === undefined || two === undefined || three === undefined) throw new Error('not issued');
    ca.writeIndex([
      { of: one, revoked: '260101020304Z', reason: 'keyCompromise' },
      { of: two, revoked: '260102030405Z' },
      { of: three },
    ]);
    const thisUpdate = Date.UTC(2026, 0, 3);
    const nextUpdate = Date.UTC(2026, 0, 10);
    const der = ca.crl({ number: 4711, thisUpdate, nextUpdate });
    const crl = await loader.load({ source: { file: save(`${kind}.crl`, der) }, issuers: [ca.certificate] });
    expect(crl).toMatchObject({
      thisUpdate,
      nextUpdate,
      number: '1267',
      issuerText: `O=Test ${kind} authority,C=CN`,
    });
    const [open] = createCrlView({ epoch: 1, crls: [crl] }).issuedBy(ca.certificate.subject.key).complete;
    const find = ({ certificate }: typeof one) => open?.find(crl.issuer, certificate.serialNumber);
    expect(find(one)).toMatchObject({ reason: 'keyCompromise', revokedAt: Date.UTC(2026, 0, 1, 2, 3, 4) });
    expect(find(two)).toMatchObject({ reason: 'unspecified', revokedAt: Date.UTC(2026, 0, 2, 3, 4, 5) });
    expect(find(three)).toBeUndefined();

    const damaged = Buffer.from(der);
    damaged[damaged.length - 5] = (damaged[damaged.length - 5] as number) ^ 1;
    const source = { file: save(`${kind}-damaged.crl`, damaged) };
    await expect(loader.load({ source, issuers: [ca.certificate] })).rejects.toMatchObject({
      code: 'bad-signature',
    });
  });

  it('say the same as our own writer’s to openssl', () => {
    const file = save('ours.crl', makeCrl({ issuer: authority, entries: entries.slice(0, 50), number: 3 }));
    const ca = save('authority.pem', encodePem('CERTIFICATE', authority.der));
    const text = openssl('crl', '-inform', 'DER', '-in', file, '-CAfile', ca, '-noout', '-text').toString();
    expect(text.match(/Serial Number:/g)).toHaveLength(50);
  });
});

describe('The loader thread', () => {
  it('reads a file piece by piece, and bytes, alike', async () => {
    const fromFile = await loader.load({ source: { file: save('large.crl', large) }, issuers });
    const fromBytes = await loader.load({ source: { bytes: new Uint8Array(large) }, issuers });
    for (const crl of [fromFile, fromBytes]) {
      expect(crl.index.entries).toBe(entries.length);
      expect(crl.bytes).toBe(large.length);
      expect(entries.filter(({ of }) => !foundIn(crl, of))).toEqual([]);
      expect(foundIn(crl, Buffer.from('5b000000000000000000000000000001', 'hex'))).toBe(false);
    }
    expect(fromFile.fingerprint).toBe(fromBytes.fingerprint);
  });
  it('reads PEM', async () => {
    const small = makeCrl({ issuer: authority, entries: entries.slice(0, 3) });
    const pem = `Some text\n${encodePem('X509 CRL', small)}`;
    const crl = await loader.load({ source: { file: save('small.pem', pem) }, issuers });
    expect(crl.index.entries).toBe(3);
    const bytes = new Uint8Array(Buffer.from(pem));
    expect((await loader.load({ source: { bytes }, issuers })).fingerprint).toBe(crl.fingerprint);
  });
  it('refuses a file of several CRLs instead of using the first', async () => {
    const pem = encodePem('X509 CRL', makeCrl({ issuer: authority })).repeat(2);
    await expect(loader.load({ source: { file: save('two.pem', pem) }, issuers })).rejects.toMatchObject({
      code: 'malformed',
    });
  });
  it.each([
    ['no file', { file: join(folder, 'none.crl') }, 'unreadable'],
    ['a folder', { file: folder }, 'unreadable'],
    ['an empty file', { file: save('empty.crl', '') }, 'malformed'],
    ['a text', { file: save('text.crl', '<html>Not found</html>') }, 'malformed'],
    ['half a CRL', { file: save('half.crl', large.subarray(0, large.length / 2)) }, 'malformed'],
    [
      'a CRL and a half',
      { file: save('more.crl', Buffer.concat([large, large.subarray(0, 1000)])) },
      'malformed',
    ],
  ])('%s is refused, and the next CRL read', async (_title, source, code) => {
    await expect(loader.load({ source, issuers })).rejects.toMatchObject({ name: 'CrlError', code });
    const next = { bytes: new Uint8Array(makeCrl({ issuer: authority })) };
    await expect(loader.load({ source: next, issuers })).resolves.toMatchObject({
      issuerText: 'CN=Authority',
    });
  });
  it('keeps to the size limit before it reads', async () => {
    const source = { file: save('limited.crl', large) };
    await expect(loader.load({ source, issuers, sizeLimit: 1000 })).rejects.toMatchObject({
      code: 'too-large',
    });
  });
  it('answers many at once', async () => {
    const crls = await Promise.all(
      Array.from({ length: 20 }, (_, number) => {
        const bytes = new Uint8Array(makeCrl({ issuer: authority, number: number + 1 }));
        return loader.load({ source: { bytes }, issuers });
      }),
    );
    expect(crls.map(({ number }) => parseInt(number ?? '', 16))).toEqual(
      Array.from({ length: 20 }, (_, n) => n + 1),
    );
  });
  it('refuses everything once closed, what is under way too', async () => {
    const closing = createCrlLoader();
    const source = { file: save('closing.crl', large) };
    const underWay = expect(closing.load({ source, issuers })).rejects.toMatchObject({
      code: 'loader-failed',
    });
    await closing.close();
    await underWay;
    await expect(closing.load({ source, issuers })).rejects.toMatchObject({ code: 'loader-failed' });
  });
});
