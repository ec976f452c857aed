import { checkCrls, type FindCrlIssuers } from '../../../src/revocation/check-crls.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { createCrlView } from '../../../src/revocation/snapshot.ts';
import { createCrlIssuerFinder } from '../../../src/verdict/crl-issuers.ts';
import { algorithmPolicySchema } from '../../../src/path/algorithm-policy.ts';
import { oid, sequence, utf8String } from './der-writer.ts';
import { DAY, makeAuthority, makeLeaf, name, NOW, type TestCertificate } from './make-certificate.ts';
import {
  certificateIssuer,
  crlDistributionPoints,
  distributionPoint,
  fullName,
  readCrl,
  REASON,
  relativeName,
  type CrlSpec,
} from './make-crl.ts';
import { extension, generalName, keyUsage } from './test-extensions.ts';

const authority = makeAuthority({ subject: 'Authority' });
const person = makeLeaf({ issuer: authority });
const stranger = makeLeaf({ issuer: authority });

interface Setting {
  readonly issuer?: TestCertificate;
  readonly at?: number;
  readonly crl?: { readonly maximumAge?: string; readonly grace?: string };
  readonly find?: FindCrlIssuers;
}

/** RFC 5280 section 6.3.3 on one certificate: the status, with the reason where there is one. */
const check = (
  certificate: TestCertificate,
  crls: readonly SharedCrl[],
  { issuer = authority, at = NOW, crl = {}, find }: Setting = {},
): string => {
  const policy = revocationPolicySchema.parse({ crl });
  const question = {
    certificate: certificate.parsed,
    issuer: issuer.parsed,
    authority: 'test',
    policy,
    at,
  };
  const answer = checkCrls(question, createCrlView({ epoch: 1, crls }), find);
  return 'reason' in answer ? `${answer.status} ${answer.reason}` : answer.status;
};
const crl = (spec: Partial<CrlSpec> = {}): SharedCrl => readCrl({ issuer: authority, ...spec });

describe('A complete CRL', () => {
  it('decides for every certificate of its issuer', () => {
    const crls = [crl({ entries: [{ of: person, reason: REASON.keyCompromise }] })];
    expect(check(person, crls)).toBe('revoked keyCompromise');
    expect(check(stranger, crls)).toBe('good');
  });
  it('without a reason code says unspecified', () => {
    expect(check(person, [crl({ entries: [{ of: person }] })])).toBe('revoked unspecified');
  });
  it('puts a certificate on hold', () => {
    const crls = [crl({ entries: [{ of: person, reason: REASON.certificateHold }] })];
    expect(check(person, crls)).toBe('on-hold certificateHold');
  });
  it('of version 1 decides too', () => {
    const crls = [crl({ version: 1, entries: [{ of: person }] })];
    expect(check(person, crls)).toBe('revoked unspecified');
    expect(check(stranger, crls)).toBe('good');
  });
  it('of another issuer decides nothing', () => {
    const other = makeAuthority({ subject: 'Other' });
    expect(check(person, [readCrl({ issuer: other, entries: [{ of: person }] })])).toBe('unknown');
  });
  it('of a namesake with another key decides nothing', () => {
    const namesake = makeAuthority({ subject: 'Authority' });
    expect(check(person, [readCrl({ issuer: namesake })])).toBe('unknown');
  });
  it('is not there: unknown', () => {
    expect(check(person, [])).toBe('unknown');
  });
  it('names its issuer and number in the report', () => {
    const question = {
      certificate: person.parsed,
      issuer: authority.parsed,
      authority: 'test',
      policy: revocationPolicySchema.parse({}),
      at: NOW,
    };
    const { steps } = checkCrls(question, createCrlView({ epoch: 1, crls: [crl({ number: 260 })] }));
    expect(steps).toHaveLength(1);
    expect(steps[0]?.en).toContain('the CRL of CN=Authority (number 260)');
    expect(steps[0]?.zh).toContain('第 260 号');
  });
});

describe('The dates of a CRL', () => {
  it('nextUpdate in the past: unknown, unless within the grace', () => {
    const crls = [crl({ nextUpdate: NOW - 3_600_000 })];
    expect(check(person, crls)).toBe('unknown');
    expect(check(person, crls, { crl: { grace: '2h' } })).toBe('good');
  });
  it('an expired CRL does not revoke either: only a current one says anything', () => {
    const crls = [crl({ nextUpdate: NOW - 3_600_000, entries: [{ of: person }] })];
    expect(check(person, crls)).toBe('unknown');
  });
  it('thisUpdate in the future: unknown', () => {
    expect(check(person, [crl({ thisUpdate: NOW + 3_600_000 })])).toBe('unknown');
  });
  it('older than the policy allows: unknown', () => {
    const crls = [crl({ thisUpdate: NOW - 2 * DAY })];
    expect(check(person, crls, { crl: { maximumAge: '1d' } })).toBe('unknown');
    expect(check(person, crls, { crl: { maximumAge: '3d' } })).toBe('good');
  });
  it('without nextUpdate: only where the policy says how old it may be', () => {
    const crls = [crl({ nextUpdate: null })];
    expect(check(person, crls)).toBe('unknown');
    expect(check(person, crls, { crl: { maximumAge: '3d' } })).toBe('good');
  });
  it('bound how long the answer may be relied on', () => {
    const policy = revocationPolicySchema.parse({ crl: { grace: '1h', maximumAge: '30d' } });
    const question = {
      certificate: person.parsed,
      issuer: authority.parsed,
      authority: 'test',
      policy,
      at: NOW,
    };
    const answer = checkCrls(question, createCrlView({ epoch: 1, crls: [crl({ nextUpdate: NOW + DAY })] }));
    expect(answer).toMatchObject({ status: 'good', validUntil: NOW + DAY + 3_600_000 });
  });
});

describe('Distribution points', () => {
  const first = generalName.uri('http://crl.test/1.crl');
  const second = generalName.uri('http://crl.test/2.crl');
  const pointing = (...points: Buffer[]): TestCertificate =>
    makeLeaf({ issuer: authority, extensions: [crlDistributionPoints(...points)] });
  const at = (...names: Buffer[]): Buffer => distributionPoint({ name: fullName(...names) });

  it('one name in common is enough', () => {
    const certificate = pointing(at(second, first));
    const other = generalName.uri('http://mirror.test/1.crl');
    expect(check(certificate, [crl({ scope: { name: fullName(other, first) } })])).toBe('good');
    expect(check(certificate, [crl({ scope: { name: fullName(other) } })])).toBe('unknown');
  });
  it('a CRL of another partition decides nothing', () => {
    const certificate = pointing(at(first));
    const partition = crl({ scope: { name: fullName(second) }, entries: [{ of: certificate }] });
    expect(check(certificate, [partition])).toBe('unknown');
    expect(check(certificate, [partition, crl({ scope: { name: fullName(first) } })])).toBe('good');
  });
  it('a CRL without distribution point decides for all', () => {
    expect(check(pointing(at(first)), [crl()])).toBe('good');
  });
  it('a CRL of a distribution point decides nothing for a certificate without one', () => {
    expect(check(person, [crl({ scope: { name: fullName(first) } })])).toBe('unknown');
  });
  it('a certificate without one is about the issuer name', () => {
    const named = crl({ scope: { name: fullName(generalName.directory(authority.subject)) } });
    expect(check(person, [named])).toBe('good');
  });
  const rdn = (text: string): Buffer => sequence(oid('2.5.4.3'), utf8String(text));
  const whole = (text: string): Buffer =>
    generalName.directory(name(['2.5.4.3', 'Authority'], ['2.5.4.3', text]));
  it('names relative to the issuer match each other and the whole name', () => {
    const relative = pointing(distributionPoint({ name: relativeName(rdn('CRL1')) }));
    const full = pointing(at(whole('CRL1')));
    const crlRelative = crl({ scope: { name: relativeName(rdn('crl1')) } });
    const crlFull = crl({ scope: { name: fullName(whole('CRL1')) } });
    for (const certificate of [relative, full]) {
      expect(check(certificate, [crlRelative])).toBe('good');
      expect(check(certificate, [crlFull])).toBe('good');
      expect(check(certificate, [crl({ scope: { name: relativeName(rdn('CRL2')) } })])).toBe('unknown');
    }
  });
  it('only user certificates, only those of authorities, only attribute certificates', () => {
    const below = makeAuthority({ subject: 'Below', issuer: authority });
    expect(check(person, [crl({ scope: { only: 'user' } })])).toBe('good');
    expect(check(below, [crl({ scope: { only: 'user' } })])).toBe('unknown');
    expect(check(person, [crl({ scope: { only: 'authority' } })])).toBe('unknown');
    expect(check(below, [crl({ scope: { only: 'authority' } })])).toBe('good');
    expect(check(person, [crl({ scope: { only: 'attribute' } })])).toBe('unknown');
  });
});

describe('Reasons', () => {
  const compromise = [1, 2];
  const others = [3, 4, 5, 6, 7, 8];
  it('all have to be covered, by however many CRLs', () => {
    const one = crl({ number: 1, scope: { reasons: compromise } });
    const two = crl({ number: 2, scope: { reasons: others } });
    expect(check(person, [one])).toBe('unknown');
    expect(check(person, [two])).toBe('unknown');
    expect(check(person, [one, two])).toBe('good');
  });
  it('revoked in one of them is revoked, whatever the others cover', () => {
    const one = crl({
      scope: { reasons: compromise },
      entries: [{ of: person, reason: REASON.keyCompromise }],
    });
    expect(check(person, [one])).toBe('revoked keyCompromise');
  });
  it('of a distribution point limit what its CRL covers', () => {
    const uri = (number: number): Buffer => fullName(generalName.uri(`http://crl.test/${number}.crl`));
    const certificate = makeLeaf({
      issuer: authority,
      extensions: [
        crlDistributionPoints(
          distributionPoint({ name: uri(1), reasons: compromise }),
          distributionPoint({ name: uri(2), reasons: others }),
        ),
      ],
    });
    const one = crl({ number: 1, scope: { name: uri(1) } });
    const two = crl({ number: 2, scope: { name: uri(2) } });
    expect(check(certificate, [one])).toBe('unknown');
    expect(check(certificate, [one, two])).toBe('good');
  });
});

describe('Indirect CRLs', () => {
  const crlIssuer = makeAuthority({ subject: 'CRL Issuer' });
  const elsewhere = makeAuthority({ subject: 'Elsewhere' });
  const certificate = makeLeaf({
    issuer: authority,
    extensions: [crlDistributionPoints(distributionPoint({ issuer: crlIssuer.subject }))],
  });
  const { serialNumber } = certificate.parsed;
  const indirect = (spec: Partial<CrlSpec> = {}): SharedCrl =>
    readCrl({ issuer: crlIssuer, scope: { indirect: true }, ...spec });
  const find: FindCrlIssuers = () => [crlIssuer.parsed];

  it('decide where the certificate names their issuer', () => {
    expect(check(certificate, [indirect()], { find })).toBe('good');
    const entries = [{ of: certificate, extensions: [certificateIssuer(authority.subject)] }];
    expect(check(certificate, [indirect({ entries })], { find })).toBe('revoked unspecified');
  });
  it('decide nothing where their issuer has no valid path', () => {
    expect(check(certificate, [indirect()])).toBe('unknown');
  });
  it('decide nothing for certificates that do not name their issuer', () => {
    expect(check(person, [indirect()], { find })).toBe('unknown');
  });
  it('have to say that they are indirect', () => {
    expect(check(certificate, [readCrl({ issuer: crlIssuer })], { find })).toBe('unknown');
  });
  it('an entry belongs to the issuer last named, up to the next', () => {
    const padding = (octet: number) => ({ of: Buffer.of(octet) });
    const theirs = { extensions: [certificateIssuer(elsewhere.subject)] };
    const ours = { extensions: [certificateIssuer(authority.subject)] };
    const listed = (...entries: CrlSpec['entries'] & object): string =>
      check(certificate, [indirect({ entries })], { find });
    // Before any certificateIssuer: an entry of the CRL's own issuer.
    expect(listed({ of: serialNumber }, { ...padding(1), ...ours })).toBe('good');
    expect(listed({ ...padding(1), ...ours }, padding(2), { of: serialNumber })).toBe('revoked unspecified');
    expect(listed({ ...padding(1), ...ours }, { ...padding(2), ...theirs }, { of: serialNumber })).toBe(
      'good',
    );
    expect(listed({ ...padding(1), ...theirs }, { ...padding(2), ...ours }, { of: serialNumber })).toBe(
      'revoked unspecified',
    );
  });
  it('one issuer may have several names', () => {
    const both = certificateIssuer(elsewhere.subject, authority.subject);
    const entries = [{ of: certificate, extensions: [both] }];
    expect(check(certificate, [indirect({ entries })], { find })).toBe('revoked unspecified');
  });
  it('names are compared by RFC 5280 section 7.1', () => {
    const shouted = certificateIssuer(name(['2.5.4.3', '  AUTHORITY ']));
    const entries = [{ of: certificate, extensions: [shouted] }];
    expect(check(certificate, [indirect({ entries })], { find })).toBe('revoked unspecified');
  });
});

describe('Delta CRLs', () => {
  const base = crl({ number: 5, entries: [{ of: person, reason: REASON.certificateHold }] });
  const delta = (spec: Partial<CrlSpec> = {}): SharedCrl =>
    crl({ number: 7, base: 5, thisUpdate: NOW - 3_600_000, ...spec });
  const revoking = [{ of: stranger, reason: REASON.superseded }];

  it('add to a complete CRL', () => {
    expect(check(stranger, [base])).toBe('good');
    expect(check(stranger, [base, delta({ entries: revoking })])).toBe('revoked superseded');
  });
  it('take a certificate off hold', () => {
    expect(check(person, [base])).toBe('on-hold certificateHold');
    const lifting = delta({ entries: [{ of: person, reason: REASON.removeFromCRL }] });
    expect(check(person, [base, lifting])).toBe('good');
  });
  it('make a hold a revocation', () => {
    const worse = delta({ entries: [{ of: person, reason: REASON.keyCompromise }] });
    expect(check(person, [base, worse])).toBe('revoked keyCompromise');
  });
  it('decide nothing by themselves', () => {
    expect(check(stranger, [delta()])).toBe('unknown');
  });
  it('on a newer base than the complete CRL are not used', () => {
    expect(check(stranger, [base, delta({ base: 6, entries: revoking })])).toBe('good');
  });
  it('no newer than the complete CRL are not used', () => {
    expect(check(stranger, [base, delta({ number: 5, base: 4, entries: revoking })])).toBe('good');
  });
  it('of another scope are not used', () => {
    expect(check(stranger, [base, delta({ scope: { only: 'user' }, entries: revoking })])).toBe('good');
  });
  it('that have expired are not used', () => {
    expect(check(stranger, [base, delta({ nextUpdate: NOW - 1000, entries: revoking })])).toBe('good');
  });
  it('of another key are not used', () => {
    const other = makeAuthority({ subject: 'Authority' });
    const foreign = readCrl({ issuer: other, number: 7, base: 5, entries: revoking });
    expect(check(stranger, [base, foreign], { find: () => [other.parsed] })).toBe('good');
  });
  it('the newest is used', () => {
    const later = crl({ number: 9, base: 5, thisUpdate: NOW - 60_000, entries: revoking });
    expect(check(stranger, [base, delta(), later])).toBe('revoked superseded');
    const lifted = crl({ number: 10, base: 5, thisUpdate: NOW - 30_000 });
    expect(check(stranger, [base, later, lifted])).toBe('good');
  });
  it('bound how long the answer may be relied on', () => {
    const policy = revocationPolicySchema.parse({});
    const about = {
      certificate: stranger.parsed,
      issuer: authority.parsed,
      authority: 'test',
      policy,
      at: NOW,
    };
    const crls = [base, delta({ nextUpdate: NOW + 60_000 })];
    const answer = checkCrls(about, createCrlView({ epoch: 1, crls }));
    expect(answer).toMatchObject({ status: 'good', validUntil: NOW + 60_000 });
  });
});

describe('The issuer of a CRL', () => {
  it('must be allowed to sign CRLs', () => {
    const mute = makeAuthority({
      subject: 'Authority',
      key: authority.key,
      extensions: [keyUsage('keyCertSign')],
    });
    expect(check(person, [crl()], { issuer: mute })).toBe('unknown');
  });

  const root = makeAuthority({ subject: 'Root' });
  const issuing = makeAuthority({ subject: 'Issuing', issuer: root });
  const certificate = makeLeaf({ issuer: issuing });
  const signing = makeAuthority({
    subject: 'Issuing',
    issuer: root,
    extensions: [keyUsage('cRLSign')],
  });
  const rootCrl = (entries: CrlSpec['entries'] = []): SharedCrl => readCrl({ issuer: root, entries });
  const issuedCrl = (entries: CrlSpec['entries'] = []): SharedCrl => readCrl({ issuer: signing, entries });
  const finder = (...intermediates: TestCertificate[]): FindCrlIssuers =>
    createCrlIssuerFinder(() => ({
      epoch: 1,
      intermediates: intermediates.map(({ parsed }) => parsed),
      anchors: [
        {
          authority: 'test',
          certificate: root.parsed,
          algorithmPolicy: algorithmPolicySchema.parse({}),
        },
      ],
    }));
  const asked = (crls: SharedCrl[], find?: FindCrlIssuers): string =>
    check(certificate, crls, { issuer: issuing, ...(find === undefined ? {} : { find }) });

  it('may have a key for CRLs alone, with a valid path of its own', () => {
    expect(asked([rootCrl(), issuedCrl()])).toBe('unknown');
    expect(asked([rootCrl(), issuedCrl()], finder(issuing, signing))).toBe('good');
    expect(asked([rootCrl(), issuedCrl([{ of: certificate }])], finder(signing))).toBe('revoked unspecified');
  });
  it('must not be revoked itself', () => {
    expect(asked([rootCrl([{ of: signing }]), issuedCrl()], finder(issuing, signing))).toBe('unknown');
  });
  it('must have a status that is known', () => {
    expect(asked([issuedCrl()], finder(issuing, signing))).toBe('unknown');
  });
  it('must lead to an anchor of the same authority', () => {
    const foreign = makeAuthority({ subject: 'Foreign Root' });
    const impostor = makeAuthority({ subject: 'Issuing', issuer: foreign });
    const crls = [rootCrl(), readCrl({ issuer: foreign }), readCrl({ issuer: impostor })];
    expect(asked(crls, finder(issuing, impostor))).toBe('unknown');
  });
  it('with a new key: a certificate of the old key is looked for in the old key’s CRL too', () => {
    const renewed = makeAuthority({ subject: 'Issuing', issuer: root });
    const old = readCrl({ issuer: issuing, thisUpdate: NOW - 2 * DAY, entries: [{ of: certificate }] });
    const latest = readCrl({ issuer: renewed });
    expect(asked([rootCrl(), latest, old], finder(issuing, renewed))).toBe('revoked unspecified');
    expect(asked([rootCrl(), latest], finder(issuing, renewed))).toBe('good');
  });
});

describe('Extensions of entries', () => {
  it('invalidityDate is told', () => {
    const date = extension('2.5.29.24', Buffer.from('180f32303236303130323033303430355a', 'hex'));
    const crls = [crl({ entries: [{ of: stranger }, { of: person, reason: 1, extensions: [date] }] })];
    const question = {
      certificate: person.parsed,
      issuer: authority.parsed,
      authority: 'test',
      policy: revocationPolicySchema.parse({}),
      at: NOW,
    };
    const answer = checkCrls(question, createCrlView({ epoch: 1, crls }));
    expect(answer).toMatchObject({ status: 'revoked', reason: 'keyCompromise', revokedAt: NOW - DAY });
    expect(answer.steps[0]?.en).toContain('not to be trusted since 2026-01-02T03:04:05.000Z');
    expect(check(stranger, crls)).toBe('revoked unspecified');
  });
});
