import { execFileSync } from 'node:child_process';
import { pairwiseId } from '../../../src/identity/pairwise.ts';
import { hasOpenssl } from './openssl-certificates.ts';

const key = Buffer.alloc(32, 7);

describe('pairwise ids', () => {
  it('are stable, and different for every key, identity and department', () => {
    const id = pairwiseId(key, 'AAAA', 'tax');
    expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(pairwiseId(key, 'AAAA', 'tax')).toBe(id);
    const others = [
      pairwiseId(Buffer.alloc(32, 8), 'AAAA', 'tax'),
      pairwiseId(key, 'AAAB', 'tax'),
      pairwiseId(key, 'AAAA', 'education'),
      pairwiseId(key, 'AAAAt', 'ax'),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  (hasOpenssl() ? it : it.skip)('are the HMAC-SHA-256 that openssl computes', () => {
    const mac = execFileSync(
      'openssl',
      ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'],
      { input: 'onecert pairwise id v1\0AAAA\0tax' },
    );
    expect(pairwiseId(key, 'AAAA', 'tax')).toBe(mac.toString('base64url'));
  });
});
