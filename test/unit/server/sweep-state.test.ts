import { parseCertificate } from '../../../src/certificate/parse.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { authoritiesOf, sweepState } from '../../../src/server/sweep-state.ts';
import { authoritySettingsSchema } from '../../../src/trust/authority-settings.ts';
import { createTrustList, type TrustList } from '../../../src/trust/trust-list.ts';
import { makeAuthority, type TestCertificate } from '../../conformance/chains/make-certificate.ts';
import { readCrl } from '../../conformance/chains/make-crl.ts';

/** What says that replicas would find the same, so that one of them looks through the sessions. */
describe('what sessions are judged by', () => {
  const [one, other, stranger] = ['One', 'Other', 'Stranger'].map((subject) =>
    makeAuthority({ subject }),
  ) as [TestCertificate, TestCertificate, TestCertificate];
  const listOf = (epoch: number, folder: string, more: object = {}): TrustList =>
    createTrustList(
      epoch,
      Object.entries({ one, other }).map(([authority, { der }]) => ({
        settings: authoritySettingsSchema.parse({
          ...{ authority, name: { zh: '测试', en: 'Test' }, anchors: [`${folder}/${authority}.crt`] },
          identity: { sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }] },
          ...more,
        }),
        anchors: [parseCertificate(der)],
        intermediates: [],
      })),
    );
  const list = listOf(1, '/a');
  const crls = [readCrl({ issuer: one }), readCrl({ issuer: other })];
  const stateOf = (trust: TrustList, ...given: SharedCrl[]): string =>
    sweepState('one', trust, { epoch: given.length, crls: given });
  const state = stateOf(list, ...crls);

  it('is the same for a replica that has the same, whatever its files and epochs', () => {
    expect(stateOf(listOf(7, '/b'), ...crls)).toBe(state);
    expect(stateOf(list, ...[...crls].reverse())).toBe(state);
    const newer = readCrl({ issuer: other, number: 2 });
    expect(stateOf(list, crls[0] as SharedCrl, newer)).toBe(state);
  });

  it('is another one with another CRL, trust list or authority, or with a CRL of nobody knows whom', () => {
    const others = [
      stateOf(list, readCrl({ issuer: one, number: 2 }), crls[1] as SharedCrl),
      stateOf(listOf(1, '/a', { status: 'withdrawn' }), ...crls),
      stateOf(list, ...crls, readCrl({ issuer: stranger })),
      sweepState('other', list, { epoch: 1, crls }),
    ];
    expect(new Set([state, ...others]).size).toBe(5);
  });

  it('authorities that a CRL is about are those of its issuer, or all', () => {
    expect(authoritiesOf([one.parsed.subject.key], list)).toEqual(new Set(['one']));
    expect(authoritiesOf([], list)).toEqual(new Set());
    expect(authoritiesOf([one.parsed.subject.key, stranger.parsed.subject.key], list)).toBe('all');
  });
});
