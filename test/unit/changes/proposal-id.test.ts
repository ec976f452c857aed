import { newProposalId } from '../../../src/changes/proposal-id.ts';

describe('the id of a proposal', () => {
  it('is never taken for an option of a command', () => {
    const dash = Buffer.alloc(16, 0xf8);
    const other = Buffer.alloc(16, 0x41);
    expect(dash.toString('base64url').startsWith('-')).toBe(true);
    const given = [dash, dash, other];
    expect(newProposalId(() => given.shift() ?? Buffer.alloc(0))).toBe(other.toString('base64url'));
    expect(given).toEqual([]);
  });

  it('is 128 random bits', () => {
    const ids = Array.from({ length: 2_000 }, () => newProposalId());
    expect(new Set(ids).size).toBe(2_000);
    expect(ids.filter((id) => !/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id))).toEqual([]);
  });
});
