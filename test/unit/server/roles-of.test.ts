import { rolesSchema } from '../../../src/changes/schemas.ts';
import { rolesOf } from '../../../src/server/roles-of.ts';

const hash = Buffer.alloc(32, 7);
const ID = 'a'.repeat(22);

describe('roles of somebody', () => {
  const { roles } = rolesSchema.parse({
    roles: [
      { role: 'operator', certificate: hash.toString('hex') },
      { role: 'operator', unifiedId: ID },
      { role: 'officer', department: 'tax', unifiedId: ID },
      { role: 'officer', department: 'education', unifiedId: 'b'.repeat(22) },
    ],
  });

  it('go with the person or the certificate they signed in with, each once', () => {
    expect(rolesOf(roles, { unifiedId: ID, certificate: hash.toString('base64url') })).toEqual([
      { role: 'operator' },
      { role: 'officer', department: 'tax' },
    ]);
    expect(rolesOf(roles, { unifiedId: 'c'.repeat(22), certificate: hash.toString('base64url') })).toEqual([
      { role: 'operator' },
    ]);
  });

  it('are none for others', () => {
    const certificate = Buffer.alloc(32, 8).toString('base64url');
    expect(rolesOf(roles, { unifiedId: 'c'.repeat(22), certificate })).toEqual([]);
    expect(rolesOf(roles, { unifiedId: '', certificate: '' })).toEqual([]);
  });

  it('are refused without a holder, with two, and officers without a department', () => {
    for (const entry of [
      { role: 'operator' },
      { role: 'operator', unifiedId: ID, certificate: hash.toString('hex') },
      { role: 'officer', unifiedId: ID },
      { role: 'auditor', department: 'tax', unifiedId: ID },
      { role: 'operator', certificate: hash.toString('base64url') },
    ]) {
      expect(rolesSchema.safeParse({ roles: [entry] }).success).toBe(false);
    }
  });
});
