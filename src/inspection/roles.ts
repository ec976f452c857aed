/** Who has which role, as far as the inspection looks at it. Thumbprints: SHA-256, lower-case hex. */
export type Roles = readonly {
  readonly role: 'operator' | 'auditor' | 'officer';
  readonly department?: string | undefined;
  readonly unifiedId?: string | undefined;
  readonly certificate?: string | undefined;
}[];
