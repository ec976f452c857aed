import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import type { AuditEntry } from './entry.ts';
import { splitEntry } from './personal-fields.ts';

/** First octet of `sealed`. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Nonces by NIST SP 800-38D section 8.2.1: a fixed field of 64 bits, random for each thread, and a counter. A month's
 * key seals too much for nonces that are random altogether.
 */
let fixed = randomBytes(8);
let counter = 0;
const nextNonce = (): Buffer => {
  if (counter === 0xffff_ffff) {
    fixed = randomBytes(8);
    counter = 0;
  }
  const nonce = Buffer.allocUnsafe(NONCE_BYTES);
  fixed.copy(nonce);
  nonce.writeUInt32BE(counter++, 8);
  return nonce;
};

/** What a sealed part belongs to: moved into another entry, or under another handle, it does not open. */
const bindingOf = (holder: string, event: unknown, at: unknown): Buffer =>
  Buffer.from(`onecert audit v1 ${holder} ${String(event)} ${String(at)}`);

/**
 * The entry with its personal fields as one sealed one: `holder` names the key, `sealed` is version ‖ nonce ‖ tag ‖
 * AES-256-GCM of their JSON, base64url.
 */
export const sealEntry = (entry: AuditEntry, holder: string, key: KeyObject): AuditEntry => {
  const { clear, personal } = splitEntry(entry);
  if (personal === undefined) return clear;
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(bindingOf(holder, entry.event, entry.at));
  const body = cipher.update(JSON.stringify(personal), 'utf8');
  cipher.final();
  const sealed = Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body]);
  return { ...clear, holder, sealed: sealed.toString('base64url') };
};

/** An entry as it is read from the log. */
export type ReadEntry = Readonly<Record<string, unknown>>;

/** The entry with its personal fields in place of the sealed one; undefined where the key does not open it. */
export const unsealEntry = (entry: ReadEntry, key: KeyObject): ReadEntry | undefined => {
  const { holder, sealed, ...clear } = entry;
  if (typeof holder !== 'string' || typeof sealed !== 'string') return undefined;
  try {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes[0] !== VERSION) return undefined;
    const start = 1 + NONCE_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, start), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(bindingOf(holder, entry['event'], entry['at']))
      .setAuthTag(bytes.subarray(start, start + TAG_BYTES));
    const body = Buffer.concat([decipher.update(bytes.subarray(start + TAG_BYTES)), decipher.final()]);
    return { ...clear, holder, ...(JSON.parse(body.toString('utf8')) as ReadEntry) };
  } catch {
    return undefined;
  }
};
