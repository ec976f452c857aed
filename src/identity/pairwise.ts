import { createHmac } from 'node:crypto';

/** Separates these keyed hashes from all others made with a key of ours; a later form gets another. */
const DOMAIN = 'onecert pairwise id v1';

/**
 * The name of an identity for one department: stable there, unlinkable between departments without the key
 * (pairwise subject identifiers, OpenID Connect Core section 8.1). HMAC-SHA-256, base64url, 43 characters.
 */
export const pairwiseId = (key: Uint8Array, unifiedId: string, department: string): string =>
  // Neither a unified id (base64url) nor a department's identifier (a slug) can hold a NUL: no two pairs run alike.
  createHmac('sha256', key).update([DOMAIN, unifiedId, department].join('\0')).digest('base64url');
