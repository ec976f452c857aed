import { createPrivateKey, createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';

/** Signature types of C2SP signed-note: of a log over its own note, and of a witness (cosignature/v1). */
export const NOTE_SIGNATURE = 0x01;
export const COSIGNATURE = 0x04;
type SignatureType = typeof NOTE_SIGNATURE | typeof COSIGNATURE;

/** A public key in the form of C2SP signed-note: `name+id+base64`. */
export interface VerifierKey {
  readonly name: string;
  /** Key ID, hexadecimal. */
  readonly id: string;
  readonly type: SignatureType;
  readonly key: KeyObject;
  /** As operators write it down. */
  readonly text: string;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: string;
  /** Behind the key ID. */
  readonly bytes: Buffer;
  /** The line with its line end. */
  readonly line: string;
}

/** A signed note (C2SP signed-note), taken apart; nothing is verified. */
export interface Note {
  /** Ends with a line end. */
  readonly body: string;
  readonly signatures: readonly NoteSignature[];
}

/** Most signatures that are looked at: a note with more is none. */
const MAX_SIGNATURES = 32;
const NAME = /^[^\s+\p{Cc}]{1,255}$/u;

const keyId = (name: string, type: SignatureType, raw: Buffer): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), raw]), 'hex').slice(0, 8);

const rawKey = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');

/** @throws TypeError for a name that no note can have, or a key that is not Ed25519 */
export const verifierKey = (
  name: string,
  key: KeyObject,
  type: SignatureType = NOTE_SIGNATURE,
): VerifierKey => {
  if (!NAME.test(name)) throw new TypeError(`"${name}" cannot be the name of a key: no spaces, no "+"`);
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('expected an Ed25519 key');
  const raw = rawKey(key);
  const id = keyId(name, type, raw);
  const material = Buffer.concat([Buffer.from([type]), raw]).toString('base64');
  return { name, id, type, key, text: `${name}+${id}+${material}` };
};

/** Undefined where the text is no key of a type known here, or its id does not fit it. */
export const parseVerifierKey = (text: string): VerifierKey | undefined => {
  const [, name = '', id = '', material = ''] =
    /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(material, 'base64');
  const type = bytes[0];
  if (!NAME.test(name) || bytes.length !== 33) return undefined;
  if (type !== NOTE_SIGNATURE && type !== COSIGNATURE) return undefined;
  try {
    const x = bytes.subarray(1).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const parsed = verifierKey(name, key, type);
    return parsed.id === id && parsed.text === text ? parsed : undefined;
  } catch {
    return undefined;
  }
};

/** Undefined where the text is not a signed note. Never throws. */
export const parseNote = (text: string): Note | undefined => {
  const split = text.lastIndexOf('\n\n') + 1;
  if (split === 0 || !text.endsWith('\n')) return undefined;
  const lines = text.slice(split + 1, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return undefined;
  const signatures = lines.flatMap((line) => parseSignature(line) ?? []);
  // eslint-disable-next-line no-control-regex -- C2SP signed-note: no control characters but line ends
  const isText = split > 1 && !/[\u0000-\u0009\u000b-\u001f]/.test(text);
  return isText && signatures.length === lines.length
    ? { body: text.slice(0, split), signatures }
    : undefined;
};

/** A signature line without its line end. */
export const parseSignature = (line: string): NoteSignature | undefined => {
  const [, name = '', encoded = ''] = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  const bytes = Buffer.from(encoded, 'base64');
  // What decodes to the same bytes in two spellings could be changed unseen.
  if (!NAME.test(name) || bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, id: bytes.toString('hex', 0, 4), bytes: bytes.subarray(4), line: `${line}\n` };
};

/** Whether it claims to be of this key. */
export const isOf = (signature: NoteSignature, key: VerifierKey): boolean =>
  signature.name === key.name && signature.id === key.id;

/**
 * Whether a signature that claims to be of this key is; of a cosignature (C2SP tlog-cosignature) with its time in
 * seconds since the epoch, of another with time 0. Undefined where it is not good.
 */
export const verifySignature = (
  body: string,
  { bytes }: NoteSignature,
  { type, key }: VerifierKey,
): { readonly time: number } | undefined => {
  if (type === NOTE_SIGNATURE) return verify(null, Buffer.from(body), key, bytes) ? { time: 0 } : undefined;
  if (bytes.length !== 8 + 64) return undefined;
  const time = Number(bytes.readBigUInt64BE());
  if (!Number.isSafeInteger(time)) return undefined;
  const message = Buffer.from(cosignedMessage(time, body));
  return verify(null, message, key, bytes.subarray(8)) ? { time } : undefined;
};

const cosignedMessage = (time: number, body: string): string => `cosignature/v1\ntime ${time}\n${body}`;

export interface NoteSigner {
  readonly verifierKey: VerifierKey;
  /** A signature line with its line end. `time`: seconds since the epoch, for cosignatures. */
  sign(body: string, time?: number): string;
}

/** `pem`: an Ed25519 private key, PKCS#8. @throws where it is none, or the name cannot be one */
export const noteSigner = (name: string, pem: string, type: SignatureType = NOTE_SIGNATURE): NoteSigner => {
  const key = createPrivateKey(pem);
  const own = verifierKey(name, createPublicKey(key), type);
  return {
    verifierKey: own,
    sign: (body, time = 0) => {
      const parts = [Buffer.from(own.id, 'hex')];
      if (type === NOTE_SIGNATURE) parts.push(sign(null, Buffer.from(body), key));
      else {
        const stamp = Buffer.alloc(8);
        stamp.writeBigUInt64BE(BigInt(time));
        parts.push(stamp, sign(null, Buffer.from(cosignedMessage(time, body)), key));
      }
      return `\u2014 ${name} ${Buffer.concat(parts).toString('base64')}\n`;
    },
  };
};
