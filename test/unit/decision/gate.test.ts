import { createGate } from '../../../src/decision/gate.ts';
import type { Identity } from '../../../src/identity/identity.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import type { Credential } from '../../../src/signin/credential.ts';
import type { Verdict } from '../../../src/verdict/verdict.ts';

const CREDENTIAL: Credential = { chain: [], proof: 'mutual-tls', provenAt: 0, from: '192.0.2.1' };
const IDENTITY: Identity = { unifiedId: 'u', kind: 'citizen', identifiers: [], name: '李伟' };

/** A gate whose certificate is good until revocation data of the second epoch says otherwise. */
const gateWith = (identify: (epochs: { revocation: number }) => Promise<Identity>) => {
  const epochs = { trust: 1, revocation: 1 };
  let judged = 0;
  const gate = createGate({
    judge: () => {
      judged++;
      const isRevoked = epochs.revocation > 1;
      const verdict: Verdict = {
        id: `v${judged}`,
        outcome: isRevoked ? 'refused' : 'good',
        code: isRevoked ? 'ONECERT_CERTIFICATE_REVOKED' : undefined,
        certificate: undefined,
        thumbprint: 't',
        authority: 'yuean',
        steps: [],
        judgedAt: 1_000,
        validUntil: 2_000,
        trustEpoch: epochs.trust,
        revocationEpoch: epochs.revocation,
      };
      return Promise.resolve(verdict);
    },
    identify: () => identify(epochs),
    epochs: { trust: () => epochs.trust, revocation: () => epochs.revocation },
    directory: () => createDirectory([]),
    clock: () => 1_000,
    onDefect: () => undefined,
  });
  return { gate, judged: () => judged };
};

describe('the gate', () => {
  it('judges once where nothing moves', async () => {
    const { gate, judged } = gateWith(() => Promise.resolve(IDENTITY));
    expect(await gate.admit(CREDENTIAL)).toMatchObject({ identity: IDENTITY, refusal: undefined });
    expect(judged()).toBe(1);
  });

  it('judges again by what was published while the register was asked', async () => {
    const { gate } = gateWith((epochs) => {
      epochs.revocation = 2;
      return Promise.resolve(IDENTITY);
    });
    expect(await gate.admit(CREDENTIAL)).toMatchObject({
      identity: undefined,
      refusal: 'ONECERT_CERTIFICATE_REVOKED',
    });
  });

  it('fails closed where identifying fails', async () => {
    const { gate } = gateWith(() => Promise.reject(new Error('the register is gone')));
    expect(await gate.admit(CREDENTIAL)).toMatchObject({ identity: undefined, refusal: 'ONECERT_INTERNAL' });
  });
});
