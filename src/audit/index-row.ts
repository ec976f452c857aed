import { createHmac, createSecretKey } from 'node:crypto';
import type { IndexedInput } from './audit-index.ts';

/** Keyed hashes by which the index finds what it must not hold. */
export interface IndexHash {
  /** 16 octets. */
  certificate(thumbprint: string): Buffer;
  address(from: string): Buffer;
  /** Stands for the handle in entries of before entries were sealed. */
  unsealedHolder(unifiedId: string): string;
}

/** @param key 32 octets; with another one the index has to be made again */
export const createIndexHash = (key: Uint8Array): IndexHash => {
  // Once: with octets for a key each hash takes five times as long.
  const secret = createSecretKey(key);
  const hash = (domain: string, text: string): Buffer =>
    createHmac('sha256', secret).update(`onecert audit index v1 ${domain}\0${text}`).digest().subarray(0, 16);
  return {
    certificate: (thumbprint) => hash('certificate', thumbprint),
    address: (from) => hash('address', from),
    unsealedHolder: (unifiedId) => `-${hash('identity', unifiedId).toString('base64url')}`,
  };
};

export interface IndexRow {
  readonly at: number;
  readonly event: string;
  readonly code: string | null;
  readonly department: string | null;
  readonly service: string | null;
  readonly holder: string | null;
  readonly certificate: Buffer | null;
  readonly address: Buffer | null;
  readonly reference: string | null;
  readonly trace: string | null;
  readonly actor: string | null;
  /** For figures alone: entries are not found by these. */
  readonly authority: string | null;
  readonly acting: string | null;
}

export const rowOf = ({ entry }: IndexedInput, hash: IndexHash): IndexRow => {
  const text = (name: string): string | null => {
    const value = entry[name];
    return typeof value === 'string' && value !== '' ? value.slice(0, 256) : null;
  };
  const thumbprint = text('thumbprint') ?? text('certificate');
  const from = text('from');
  const unifiedId = text('unifiedId');
  const at = Number(entry['at']);
  return {
    at: Number.isSafeInteger(at) ? at : 0,
    event: text('event') ?? '',
    code: text('code'),
    department: text('department'),
    service: text('service'),
    holder: text('holder') ?? (unifiedId === null ? null : hash.unsealedHolder(unifiedId)),
    certificate: thumbprint === null ? null : hash.certificate(thumbprint),
    address: from === null ? null : hash.address(from),
    reference: text('reference'),
    trace: text('trace'),
    actor: text('actor') ?? text('by'),
    authority: text('authority'),
    acting: text('acting'),
  };
};
