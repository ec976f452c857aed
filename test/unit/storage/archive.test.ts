import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import type { ArchiveOpener } from '../../../src/storage/archive-key.ts';
import { openArchive, sealArchive } from '../../../src/storage/archive-stream.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

const CHUNK = 65_536;

async function* cutInto(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  await Promise.resolve();
}
const collect = async (parts: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
};
const opened = (sealed: Buffer, opener: ArchiveOpener, size = 10_000): Promise<Buffer> =>
  collect(openArchive(cutInto(sealed, size), opener));
const refusal = (sealed: Buffer, opener: ArchiveOpener): Promise<string> =>
  opened(sealed, opener).then(
    () => 'it opened',
    (error: unknown) => (error instanceof StorageError ? error.message : `a defect: ${String(error)}`),
  );

/** Short derivations need no short passphrase: P-256 keys make the many cases below quick. */
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const lock = { kind: 'public-key', key: publicKey } as const;
const opener = { kind: 'public-key', key: privateKey } as const;

describe('sealed archives', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 200_000])('give back %d bytes', async (length) => {
    const plain = randomBytes(length);
    const sealed = await collect(sealArchive(cutInto(plain, 7_777), lock));
    expect((await opened(sealed, opener)).equals(plain)).toBe(true);
    expect((await opened(sealed, opener, 1_000_000)).equals(plain)).toBe(true);
  });

  it('open with the passphrase they were sealed with, however it was typed, and with no other', async () => {
    const passphrase = 'caf\u00e9 in Yue\u2019an';
    const sealed = await collect(
      sealArchive(cutInto(Buffer.from('words'), 5), { kind: 'passphrase', passphrase }),
    );
    expect(
      (await opened(sealed, { kind: 'passphrase', passphrase: passphrase.normalize('NFD') })).toString(),
    ).toBe('words');
    expect(await refusal(sealed, { kind: 'passphrase', passphrase: 'cafe in Yue’an' })).toMatch(
      /passphrase is another/,
    );
    expect(await refusal(sealed, opener)).toMatch(/opened with a passphrase/);
  });

  it('open with the private key they were sealed for: X25519 too, and with no other', async () => {
    const pair = generateKeyPairSync('x25519');
    const sealed = await collect(
      sealArchive(cutInto(Buffer.from('words'), 5), { kind: 'public-key', key: pair.publicKey }),
    );
    expect((await opened(sealed, { kind: 'public-key', key: pair.privateKey })).toString()).toBe('words');
    const other = generateKeyPairSync('x25519').privateKey;
    expect(await refusal(sealed, { kind: 'public-key', key: other })).toMatch(/another key/);
    const rsa = createPublicKey(
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }),
    );
    await expect(
      collect(sealArchive(cutInto(Buffer.of(1), 1), { kind: 'public-key', key: rsa })),
    ).rejects.toThrow(/X25519 or P-256/);
  });

  it('do not open when a bit is changed, the end cut off, a chunk dropped, doubled or moved', async () => {
    const sealed = await collect(sealArchive(cutInto(randomBytes(3 * CHUNK + 9), CHUNK), lock));
    const head = sealed.indexOf(0x0a) + 1;
    const step = CHUNK + 16;
    const chunk = (index: number): Buffer => sealed.subarray(head + index * step, head + (index + 1) * step);
    const changed = Array.from({ length: 60 }, (_, index) => {
      const copy = Buffer.from(sealed);
      // Every octet of the head's beginning, then places all over.
      const at = index < 20 ? index * 7 : Math.floor((index / 60) * sealed.length);
      copy[at] = (copy[at] ?? 0) ^ 0x01;
      return copy;
    });
    const damaged = [
      ...changed,
      sealed.subarray(0, -1),
      sealed.subarray(0, head),
      sealed.subarray(0, head + step),
      sealed.subarray(0, head + 3 * step),
      Buffer.concat([sealed, Buffer.of(0)]),
      Buffer.concat([sealed.subarray(0, head), chunk(1), chunk(0), chunk(2), chunk(3)]),
      Buffer.concat([sealed.subarray(0, head), chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)]),
      Buffer.concat([sealed.subarray(0, head), chunk(0), chunk(2), chunk(3)]),
      Buffer.alloc(0),
      randomBytes(100_000),
    ];
    for (const each of damaged) {
      expect(await refusal(each, opener)).toMatch(
        /damaged|no archive|head of the archive|another key|passphrase/,
      );
    }
  });
});
