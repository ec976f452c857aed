import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { rolesSchema } from '../../../src/changes/schemas.ts';
import type { IdentityRegister, RegisteredIdentity } from '../../../src/identity/register.ts';
import { operatorConsequences, type Standing } from '../../../src/server/operator-consequences.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../../src/trust/trust-list.ts';
import { makeAuthority } from '../../conformance/chains/make-certificate.ts';
import { authorityYaml, pem, temporaryFolder, writeFiles } from '../trust/written-list.ts';

const AT = Date.UTC(2026, 10, 24);
const DAY = 86_400_000;
const [ZHOU, WU, FENG] = ['zhou', 'wu', 'feng'].map((name) => name.padEnd(22, '_')) as [
  string,
  string,
  string,
];
const hex = (name: string): string => Buffer.from(name.padEnd(32)).toString('hex');
const thumbprint = (name: string): string => Buffer.from(name.padEnd(32)).toString('base64url');

const folder = temporaryFolder();
const trustOf = (withdrawn: readonly string[] = []): TrustList => {
  const list = mkdtempSync(join(folder, 'list-'));
  for (const authority of ['yuean', 'zhujiang']) {
    const root = makeAuthority({ subject: authority, notBefore: AT - DAY, notAfter: AT + 365 * DAY });
    writeFiles(list, {
      [`${authority}/authority.yaml`]: authorityYaml(
        authority,
        ...(withdrawn.includes(authority) ? ['status: withdrawn'] : []),
      ),
      [`${authority}/root.pem`]: pem(root),
    });
  }
  return loadTrustList(list, 1);
};

const registered = (
  unifiedId: string,
  certificates: Readonly<Record<string, readonly [authority: string, notAfter?: number]>>,
  aliases: readonly string[] = [],
): RegisteredIdentity => ({
  identity: {
    unifiedId,
    kind: 'citizen',
    name: unifiedId,
    identifiers: [],
  },
  registeredAt: AT,
  aliases,
  certificates: Object.entries(certificates).map(([name, [authority, notAfter]]) => ({
    thumbprint: thumbprint(name),
    authority,
    firstUsed: AT,
    lastUsed: AT,
    notAfter,
    acting: undefined,
  })),
});
const people = [
  registered(ZHOU, { 'zhou-y': ['yuean'] }),
  registered(WU, { 'wu-y': ['yuean'], 'wu-z': ['zhujiang'] }, ['wu-before'.padEnd(22, '_')]),
  registered(FENG, { 'feng-old': ['zhujiang', AT - 1] }),
];
const register: Pick<IdentityRegister, 'identityById' | 'holderOf'> = {
  identityById: async (unifiedId) => people.find(({ identity }) => identity.unifiedId === unifiedId),
  holderOf: async (wanted) =>
    people.find(({ certificates }) => certificates.some((each) => each.thumbprint === wanted)),
};

const standing = (changed: Partial<Standing> = {}): Standing => ({
  trust: trustOf(),
  locked: [],
  roles: rolesSchema.parse({
    roles: [
      { role: 'operator', unifiedId: ZHOU },
      { role: 'operator', certificate: hex('wu-z') },
      { role: 'auditor', unifiedId: FENG },
    ],
  }).roles,
  ...changed,
});
const told = async (after: Partial<Standing>, before: Partial<Standing> = {}): Promise<readonly string[]> =>
  (await operatorConsequences(standing(before), standing({ ...before, ...after }), register, AT)).map(
    ({ en }) => en,
  );

describe('operators who cannot sign in after a change', () => {
  it('are not spoken of where as many can as before', async () => {
    expect(await told({})).toEqual([]);
    expect(await told({}, { trust: trustOf(['yuean']) })).toEqual([]);
  });

  it('are counted: with their certificate, or any of theirs', async () => {
    const few = 'nobody could approve a change any more, nor one that takes this back.';
    expect(await told({ trust: trustOf(['yuean']) })).toEqual([
      `Of 2 operators who can sign in 1 are left: ${few}`,
    ]);
    // Wu has the role with one certificate alone.
    expect(await told({ trust: trustOf(['zhujiang']) })).toEqual([
      `Of 2 operators who can sign in 1 are left: ${few}`,
    ]);
    const byPerson = rolesSchema.parse({
      roles: [
        { role: 'operator', unifiedId: WU },
        { role: 'operator', unifiedId: FENG },
        { role: 'operator', certificate: '0'.repeat(64) },
      ],
    }).roles;
    expect(await told({ trust: trustOf(['zhujiang']) }, { roles: byPerson })).toEqual([]);
    // What has ended lets nobody in.
    expect(await told({ trust: trustOf(['yuean', 'zhujiang']) }, { roles: byPerson })).toEqual([
      `Of 1 operators who can sign in 0 are left: ${few}`,
    ]);
  });

  it('are those who are locked, by the id that they had before a merger too', async () => {
    expect(await told({ locked: [ZHOU] })).toHaveLength(1);
    expect(await told({ locked: ['wu-before'.padEnd(22, '_')] })).toHaveLength(1);
    expect(await told({ locked: [FENG] })).toEqual([]);
  });

  it('are told without alarm where two are left', async () => {
    const { roles } = rolesSchema.parse({
      roles: [...standing().roles, { role: 'operator', unifiedId: FENG }],
    });
    people.push(registered('third'.padEnd(22, '_'), { third: ['zhujiang'] }));
    const three = [...roles, { role: 'operator' as const, certificate: hex('third'), note: '' }];
    expect(await told({ locked: [ZHOU] }, { roles: three })).toEqual([
      'Of 3 operators who can sign in 2 are left.',
    ]);
  });
});
