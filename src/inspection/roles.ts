/** Who has which role, as far as the inspection looks at it. Thumbprints: SHA-256, lower-case hex. */
export type Roles = readonly {
  readonly role: 'operator' | 'auditor' | 'officer';
  readonly department?: string | undefined;
  readonly unifiedId?: string | undefined;
  readonly certificate?: string | undefined;
}[];

/** Zeros stand in roles.yaml for a thumbprint that was not given: no certificate has it. */
export const isSomebody = ({ certificate }: Pick<Roles[number], 'certificate'>): boolean =>
  certificate !== '0'.repeat(64);
