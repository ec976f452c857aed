import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { compareTrustLists, type CutOffCounts } from '../../../src/trust/compare-trust-lists.ts';
import { describeComparison } from '../../../src/trust/describe-comparison.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../../src/trust/trust-list.ts';
import { DAY, makeAuthority, NOW, type TestCertificate } from '../../conformance/chains/make-certificate.ts';
import { authorityYaml, pem, temporaryFolder, writeFiles } from './written-list.ts';

const folder = temporaryFolder();
const roots = {
  aa: makeAuthority({ subject: 'Root A' }),
  bb: makeAuthority({ subject: 'Root B' }),
  cc: makeAuthority({ subject: 'Root C' }),
};
type Name = keyof typeof roots;

interface Written {
  readonly lines?: readonly string[];
  readonly root?: TestCertificate;
  readonly intermediates?: readonly TestCertificate[];
}

const listOf = (authorities: Partial<Record<Name, Written>>): TrustList => {
  const trust = mkdtempSync(join(folder, 'list-'));
  for (const [name, { lines = [], root = roots[name as Name], intermediates = [] }] of Object.entries(
    authorities,
  )) {
    const below = intermediates.length === 0 ? [] : ['intermediates: [below.pem]'];
    writeFiles(trust, {
      [`${name}/authority.yaml`]: authorityYaml(name, ...lines, ...below),
      [`${name}/root.pem`]: pem(root),
      [`${name}/below.pem`]: pem(...intermediates),
    });
  }
  return loadTrustList(trust, 1);
};

/** Who holds certificates of which authorities, and sessions by authority: a small register. */
const people: readonly (readonly Name[])[] = [['aa'], ['aa', 'bb'], ['bb'], ['bb', 'cc'], ['cc'], ['cc']];
const sessions: Readonly<Record<string, number>> = { aa: 5, bb: 0, cc: 7 };
const counts: CutOffCounts = {
  identitiesOf: async (authorities) => ({
    any: people.filter((has) => has.some((each) => authorities.includes(each))).length,
    only: people.filter((has) => has.every((each) => authorities.includes(each))).length,
  }),
  sessionsOf: (authorities) => authorities.reduce((sum, each) => sum + (sessions[each] ?? 0), 0),
};

const compare = (current: TrustList, next: TrustList) => compareTrustLists(current, next, counts, NOW);
const everybody = listOf({ aa: {}, bb: {}, cc: {} });

describe('a comparison of trust lists', () => {
  it('of the same list finds nothing', async () => {
    const comparison = await compare(everybody, listOf({ aa: {}, bb: {}, cc: {} }));
    expect(comparison).toEqual({ changes: [], cutOff: undefined });
    expect(describeComparison(comparison)).toEqual(['Nothing changes.']);
  });

  it('finds what is added, which cuts nobody off', async () => {
    const { changes, cutOff } = await compare(listOf({ aa: {} }), listOf({ aa: {}, bb: {} }));
    expect(changes).toEqual([
      {
        authority: 'bb',
        name: { zh: '机构bb', en: 'Authority bb' },
        kind: 'added',
        anchors: {
          added: [
            {
              subject: 'CN=Root B',
              sha256: roots.bb.parsed.fingerprint,
              notAfter: roots.bb.parsed.notAfter,
            },
          ],
          removed: [],
        },
        intermediates: { added: [], removed: [] },
        settings: [],
        reach: 'none',
        cutOff: undefined,
      },
    ]);
    expect(cutOff).toBeUndefined();
  });

  it('counts whom removals cut off, alone and together', async () => {
    const { changes, cutOff } = await compare(
      everybody,
      listOf({ bb: { lines: ['status: withdrawn'] }, cc: {} }),
    );
    expect(changes.map(({ authority, kind, reach, cutOff: of }) => [authority, kind, reach, of])).toEqual([
      ['aa', 'removed', 'all', { identities: { any: 2, only: 1 }, sessions: 5 }],
      ['bb', 'changed', 'all', { identities: { any: 3, only: 1 }, sessions: 0 }],
    ]);
    // The person with a certificate of aa and one of bb loses both: only the two together show it.
    expect(cutOff).toEqual({ identities: { any: 4, only: 3 }, sessions: 5 });
  });

  it.each([
    ['status: draft', 'all'],
    ['validity: { until: 2026-05-01 }', 'all'],
    ['validity: { until: 2027-05-01 }', 'some'],
    ['algorithms: { rsaMinimumBits: 3072 }', 'some'],
    ['revocation: { crl: { maximumAge: 1d } }', 'some'],
    ['comment: renewed in May', 'none'],
    ['contact: { phone: "020-12345678" }', 'none'],
  ])('%s cuts off: %s', async (line, reach) => {
    const { changes } = await compare(everybody, listOf({ aa: { lines: [line] }, bb: {}, cc: {} }));
    expect(changes.map((each) => [each.authority, each.reach])).toEqual([['aa', reach]]);
  });

  it('says which settings change, field by field, defaults filled in', async () => {
    const { changes } = await compare(
      listOf({ aa: { lines: ['revocation: { hosts: [a.example] }'] } }),
      listOf({
        aa: {
          lines: [
            'status: winding-down',
            'acceptIssuedBefore: 2026-12-31',
            'revocation: { failure: soft, crl: { grace: 1h } }',
          ],
        },
      }),
    );
    expect(changes[0]?.settings.map(({ path, from, to }) => [path, from, to])).toEqual([
      ['status', 'active', 'winding-down'],
      ['revocation.failure', 'hard', 'soft'],
      ['revocation.hosts', ['a.example'], []],
      ['revocation.crl.grace', 0, 3_600_000],
      ['acceptIssuedBefore', undefined, '2026-12-31'],
    ]);
  });

  it('knows a renewed authority of the same key, which cuts nobody off, from a new key, which does', async () => {
    const renewed = makeAuthority({ subject: 'Root A', key: roots.aa.key, notAfter: NOW + 900 * DAY });
    const rekeyed = makeAuthority({ subject: 'Root A' });
    const reachWith = async (root: TestCertificate) => {
      const { changes } = await compare(listOf({ aa: {} }), listOf({ aa: { root } }));
      return [changes[0]?.reach, changes[0]?.anchors.added.length, changes[0]?.anchors.removed.length];
    };
    expect(await reachWith(renewed)).toEqual(['none', 1, 1]);
    expect(await reachWith(rekeyed)).toEqual(['all', 1, 1]);
  });

  it('counts an intermediate that goes as cutting off those who do not send it', async () => {
    const below = makeAuthority({ subject: 'Below', issuer: roots.aa });
    const { changes } = await compare(listOf({ aa: { intermediates: [below] } }), listOf({ aa: {} }));
    expect(changes[0]?.intermediates.removed.map(({ subject }) => subject)).toEqual(['CN=Below']);
    expect(changes[0]?.reach).toBe('some');
  });

  it('is put into words', async () => {
    const lines = describeComparison(
      await compare(
        everybody,
        listOf({
          aa: { lines: ['status: withdrawn'] },
          bb: {},
          cc: { lines: ['algorithms: { rsaMinimumBits: 3072 }'] },
        }),
      ),
    );
    expect(lines).toEqual([
      '~ aa  机构aa / Authority aa  (changed)',
      '  status: "active" -> "withdrawn"',
      '  ! all certificates of this authority are refused from then on: 2 identities (1 have no certificate of another authority), 5 live sessions',
      '~ cc  机构cc / Authority cc  (changed)',
      '  algorithms.rsaMinimumBits: 2048 -> 3072',
      '  ! some certificates of this authority may be refused from then on: at most 3 identities (2 have no certificate of another authority), at most 7 live sessions',
      'Cut off as a whole: aa',
      '  1 identities have no certificate of another authority; 5 live sessions end',
    ]);
  });
});
