import { randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { verifyAssertion } from '../../../src/assertion/index.ts';
import { assertionIssuer, makeAssertionKey } from '../../../src/server/assertion-key.ts';
import { createBrowserSessions } from '../../../src/signin/browser-session.ts';
import { createHandover } from '../../../src/signin/handover.ts';
import type { KeyVersion } from '../../../src/storage/key-version.ts';

const issuer = 'https://gateway.example';
const subject = {
  aud: 'tax',
  sub: 'someone',
  kind: 'citizen',
  amr: ['hwk'],
  auth_time: 0,
  verdict: 'v',
  thumbprint: 'A'.repeat(43),
} as const;

describe('keys that are rotated', () => {
  it('of assertions: published before they sign, and kept for what was signed with them', async () => {
    const version = (number: number, usedFrom: number): KeyVersion => ({
      version: number,
      key: Buffer.from(makeAssertionKey()),
      createdAt: 0,
      usedFrom,
    });
    const [first, second] = [version(0, 0), version(1, Date.now() + 60_000)];
    let kept: readonly KeyVersion[] = [first];
    let now = Date.now();
    const assertions = assertionIssuer(
      () => kept,
      issuer,
      () => now,
    );
    const kidOf = (token: string) => decodeProtectedHeader(token).kid;
    const published = () => assertions.jwks().keys.map(({ kid }) => kid);

    const before = assertions.issue(subject);
    kept = [first, second];
    expect(published()).toHaveLength(2);
    expect(kidOf(assertions.issue(subject))).toBe(kidOf(before));
    now = second.usedFrom;
    const after = assertions.issue(subject);
    expect(kidOf(after)).not.toBe(kidOf(before));
    expect(published()).toEqual([kidOf(before), kidOf(after)]);
    for (const token of [before, after]) {
      const claims = await verifyAssertion(token, { issuer, audience: 'tax', jwks: assertions.jwks() });
      expect(claims.jti).toBe(decodeJwt(token).jti);
    }
    kept = [second];
    expect(published()).toEqual([kidOf(after)]);
  });

  it('of forms and hand-overs: the first makes, each verifies, none other does', () => {
    const [old, young] = [randomBytes(32), randomBytes(32)];
    let kept = [old];
    const browsers = createBrowserSessions(() => kept);
    const handover = createHandover({
      codes: {} as never,
      sessions: {} as never,
      key: () => kept,
      clock: () => 0,
    });
    const { id } = browsers.begin();
    const token = browsers.formToken(id, 'sign-out');
    const request = handover.request(id, issuer, '/');
    kept = [young, old];
    expect(browsers.isFormToken(token, id, 'sign-out')).toBe(true);
    expect(handover.read(request)?.target).toBe('/');
    const [newToken, newRequest] = [browsers.formToken(id, 'sign-out'), handover.request(id, issuer, '/')];
    kept = [young];
    expect([browsers.isFormToken(token, id, 'sign-out'), handover.read(request)]).toEqual([false, undefined]);
    expect(browsers.isFormToken(newToken, id, 'sign-out')).toBe(true);
    expect(handover.read(newRequest)?.target).toBe('/');
  });
});
