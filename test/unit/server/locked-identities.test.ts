import type { RegisteredIdentity } from '../../../src/identity/register.ts';
import { lockedIdentities } from '../../../src/server/locked-identities.ts';

const identity = (unifiedId: string): RegisteredIdentity =>
  ({
    identity: { unifiedId },
    aliases: unifiedId === 'own' ? ['earlier'] : [],
  }) as unknown as RegisteredIdentity;

describe('locked identities', () => {
  it('are those of the documents, and those they were merged into', async () => {
    const register = {
      identityById: async (unifiedId: string) =>
        unifiedId === 'merged' ? identity('first') : unifiedId === 'own' ? identity('own') : undefined,
    };
    const found = await lockedIdentities(register, ['own', 'merged', 'unknown'], { warn: () => undefined });
    expect([...found].sort()).toEqual(['earlier', 'first', 'merged', 'own', 'unknown']);
  });

  it('stay locked by their own id while the register is away, and the log says so', async () => {
    const warnings: string[] = [];
    const register = { identityById: async () => Promise.reject(new Error('away')) };
    const log = { warn: (_fields: object, message: string) => void warnings.push(message) };
    expect(await lockedIdentities(register, ['own'], log)).toEqual(['own']);
    expect(warnings).toHaveLength(1);
  });
});
