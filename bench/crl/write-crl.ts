import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** An authority made by openssl for one run. */
export interface BenchAuthority {
  readonly certificate: string;
  readonly key: string;
}

export const makeAuthority = (folder: string): BenchAuthority => {
  const key = join(folder, 'ca.key');
  const certificate = join(folder, 'ca.pem');
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  const usage = 'keyUsage=critical,keyCertSign,cRLSign';
  openssl(
    'req',
    '-x509',
    '-new',
    '-key',
    key,
    '-sha256',
    '-days',
    '3650',
    '-subj',
    '/CN=Bench CA',
    '-addext',
    usage,
    '-out',
    certificate,
  );
  return { key, certificate };
};

/** A certificate of the authority, good for `openssl verify`; the path of its PEM file. */
export const issueLeaf = (folder: string, { certificate, key }: BenchAuthority): string => {
  const [leaf, request, leafKey] = ['leaf.pem', 'leaf.csr', 'leaf.key'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', leafKey);
  openssl('req', '-new', '-key', leafKey, '-subj', '/CN=Bench Person', '-out', request);
  openssl('x509', '-req', '-in', request, '-CA', certificate, '-CAkey', key, '-days', '30', '-out', leaf);
  return leaf;
};

/** Serial number of entry `index`: 16 octets, scattered, never alike. */
export const serialOf = (index: number): Buffer => {
  const serial = Buffer.alloc(16);
  // Multiplying by odd numbers is one to one, so the first word alone keeps serial numbers apart.
  serial.writeUInt32BE(Math.imul(index + 1, 0x9e3779b1) >>> 0, 0);
  serial.writeUInt32BE(Math.imul(index + 1, 0x85ebca6b) >>> 0, 4);
  serial.writeUInt32BE(Math.imul(index + 1, 0xc2b2ae35) >>> 0, 8);
  serial.writeUInt32BE(index, 12);
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40;
  return serial;
};

const SEQUENCE = 0x30;
const ENTRY_BYTES = 35;

const header = (tag: number, length: number): Buffer => {
  if (length < 0x80) return Buffer.of(tag, length);
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(length);
  const from = octets.findIndex((octet) => octet !== 0);
  return Buffer.concat([Buffer.of(tag, 0x80 | (4 - from)), octets.subarray(from)]);
};
const element = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  return Buffer.concat([header(tag, body.length), body]);
};
const utcTime = (at: number): Buffer => {
  const text = new Date(at)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, '')
    .slice(2);
  return element(0x17, Buffer.from(text));
};

/** Writes a CRL of `entries` entries (P-256), piece by piece, and returns its size in bytes. */
export const writeCrl = (file: string, entries: number, authority: BenchAuthority): number => {
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const name = element(
    SEQUENCE,
    element(
      0x31,
      element(SEQUENCE, Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from('Bench CA'))),
    ),
  );
  const now = Date.now();
  const crlNumber = element(
    SEQUENCE,
    Buffer.from('0603551d14', 'hex'),
    element(0x04, Buffer.from('020107', 'hex')),
  );
  const before = [
    Buffer.from('020101', 'hex'),
    algorithm,
    name,
    utcTime(now - 3_600_000),
    utcTime(now + 30 * 86_400_000),
  ];
  const after = element(0xa0, element(SEQUENCE, crlNumber));
  const listHeader = header(SEQUENCE, entries * ENTRY_BYTES);
  const tbsLength = [...before, listHeader, after].reduce(
    (sum, { length }) => sum + length,
    entries * ENTRY_BYTES,
  );
  const tbsHeader = header(SEQUENCE, tbsLength);
  // An ECDSA signature has a varying length, so it is made first from a pass over the same pieces.
  const pieces = function* (): Generator<Buffer> {
    yield tbsHeader;
    yield* before;
    yield listHeader;
    const PER_PIECE = 20_000;
    const date = utcTime(now - 86_400_000);
    for (let start = 0; start < entries; start += PER_PIECE) {
      const count = Math.min(PER_PIECE, entries - start);
      const piece = Buffer.alloc(count * ENTRY_BYTES);
      for (let index = 0; index < count; index++) {
        const at = index * ENTRY_BYTES;
        piece.set([SEQUENCE, ENTRY_BYTES - 2, 2, 16], at);
        serialOf(start + index).copy(piece, at + 4);
        date.copy(piece, at + 20);
      }
      yield piece;
    }
    yield after;
  };
  const sign = createSign('sha256');
  for (const piece of pieces()) sign.update(piece);
  const signature = element(0x03, Buffer.of(0), sign.sign(readFileSync(authority.key)));
  const whole = header(SEQUENCE, tbsHeader.length + tbsLength + algorithm.length + signature.length);
  const out = openSync(file, 'w');
  let size = 0;
  const write = (piece: Uint8Array): void => {
    size += writeSync(out, piece);
  };
  write(whole);
  for (const piece of pieces()) write(piece);
  write(algorithm);
  write(signature);
  closeSync(out);
  return size;
};

/** Writes the PEM form of a DER file, whatever its size. */
export const writePem = (der: string, pem: string): void => {
  const bytes = readFileSync(der);
  const out = openSync(pem, 'w');
  writeSync(out, '-----BEGIN X509 CRL-----\n');
  const PER_PIECE = 48 * 20_000;
  for (let start = 0; start < bytes.length; start += PER_PIECE) {
    const base64 = bytes.subarray(start, start + PER_PIECE).toString('base64');
    writeSync(out, base64.replace(/.{1,64}/g, '$&\n'));
  }
  writeSync(out, '-----END X509 CRL-----\n');
  closeSync(out);
};
