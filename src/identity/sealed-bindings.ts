/**
 * What each sealed value of a register is bound to: its column and its row. The same in every form of the register, so
 * that values can be moved from one to another as they are.
 */
export const nameBinding = (unifiedId: string): string => `identities.name ${unifiedId}`;

export const valueBinding = (hash: Uint8Array): string =>
  `identifiers.value ${Buffer.from(hash).toString('hex')}`;

export const actingBinding = (thumbprint: string): string => `certificates.acting ${thumbprint}`;

export const readingBinding = (thumbprint: string, reason: string): string =>
  `conflicts.reading ${thumbprint} ${reason}`;
