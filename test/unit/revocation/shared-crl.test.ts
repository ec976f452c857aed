import { crlSeries, supersedes, type SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { DAY, makeAuthority, NOW } from '../../conformance/chains/make-certificate.ts';
import { readCrl, type CrlSpec } from '../../conformance/chains/make-crl.ts';

const authority = makeAuthority({ subject: 'Authority' });
const crl = (spec: Partial<CrlSpec> = {}): SharedCrl => readCrl({ issuer: authority, ...spec });
const current = crl({ number: 256, thisUpdate: NOW - DAY });

describe('A CRL takes the place of another', () => {
  it('with a higher number', () => {
    expect(supersedes(crl({ number: 257, thisUpdate: NOW }), current)).toBe(true);
    expect(supersedes(crl({ number: 257, thisUpdate: NOW - DAY }), current)).toBe(true);
    expect(supersedes(crl({ number: 65536, thisUpdate: NOW }), current)).toBe(true);
  });
  it('never with a lower or equal one, however new it says it is', () => {
    expect(supersedes(crl({ number: 255, thisUpdate: NOW }), current)).toBe(false);
    expect(supersedes(crl({ number: 9, thisUpdate: NOW }), current)).toBe(false);
    expect(supersedes(crl({ number: 256, thisUpdate: NOW }), current)).toBe(false);
    expect(supersedes(current, current)).toBe(false);
  });
  it('never issued earlier', () => {
    expect(supersedes(crl({ number: 300, thisUpdate: NOW - 2 * DAY }), current)).toBe(false);
  });
  it('never without a number after one with', () => {
    expect(supersedes(crl({ number: null, thisUpdate: NOW }), current)).toBe(false);
  });
  it('by date where there are no numbers', () => {
    const unnumbered = crl({ number: null, thisUpdate: NOW - DAY });
    expect(supersedes(crl({ number: null, thisUpdate: NOW }), unnumbered)).toBe(true);
    expect(supersedes(crl({ number: null, thisUpdate: NOW - 2 * DAY }), unnumbered)).toBe(false);
    expect(supersedes(crl({ number: 1, thisUpdate: NOW }), unnumbered)).toBe(true);
  });
  it('never of another series: issuer, key, scope, delta', () => {
    const namesake = makeAuthority({ subject: 'Authority' });
    const others = [
      readCrl({ issuer: makeAuthority({ subject: 'Other' }), number: 999, thisUpdate: NOW }),
      readCrl({ issuer: namesake, number: 999, thisUpdate: NOW }),
      crl({ scope: { only: 'user' }, number: 999, thisUpdate: NOW }),
      crl({ scope: { reasons: [1] }, number: 999, thisUpdate: NOW }),
      crl({ base: 1, number: 999, thisUpdate: NOW }),
    ];
    expect(others.map((other) => supersedes(other, current))).toEqual(others.map(() => false));
    expect(new Set([current, ...others].map(crlSeries)).size).toBe(others.length + 1);
  });
});
