import { openCrlIndex, type CrlEntry } from './crl-index.ts';
import type { SharedCrl } from './shared-crl.ts';

/** The revocation data in force, as every thread has it. Structured clone carries it; the entries are shared memory. */
export interface RevocationSnapshot {
  /** Rises with every change. */
  readonly epoch: number;
  readonly crls: readonly SharedCrl[];
}

/** A CRL opened in this thread. */
export interface OpenCrl {
  readonly crl: SharedCrl;
  /** The entry for a certificate: DistinguishedName.key of its issuer, content octets of its serial number. */
  readonly find: (issuer: string, serial: Uint8Array) => CrlEntry | undefined;
}

/** CRLs issued under one name, the newest first. */
export interface CrlsOfIssuer {
  readonly complete: readonly OpenCrl[];
  readonly deltas: readonly OpenCrl[];
}

/** A snapshot opened in this thread. */
export interface CrlView {
  readonly epoch: number;
  /** CRLs issued under a name (DistinguishedName.key). */
  readonly issuedBy: (name: string) => CrlsOfIssuer;
}

const NONE: CrlsOfIssuer = { complete: [], deltas: [] };

/** Opens a snapshot: once for each that a thread is given. */
export const createCrlView = ({ epoch, crls }: RevocationSnapshot): CrlView => {
  const issuers = new Map<string, { complete: OpenCrl[]; deltas: OpenCrl[] }>();
  const newestFirst = [...crls].sort((a, b) => b.thisUpdate - a.thisUpdate);
  for (const crl of newestFirst) {
    const issued = issuers.get(crl.issuer) ?? { complete: [], deltas: [] };
    issuers.set(crl.issuer, issued);
    (crl.baseNumber === undefined ? issued.complete : issued.deltas).push(openCrl(crl));
  }
  return { epoch, issuedBy: (name) => issuers.get(name) ?? NONE };
};

const openCrl = (crl: SharedCrl): OpenCrl => {
  const lookUp = openCrlIndex(crl.index);
  const groupsOf = new Map<string, number[]>();
  for (const [group, names] of crl.index.groups.entries()) {
    for (const name of names) {
      const groups = groupsOf.get(name);
      if (groups === undefined) groupsOf.set(name, [group]);
      else groups.push(group);
    }
  }
  return {
    crl,
    find: (issuer, serial) => {
      for (const group of groupsOf.get(issuer) ?? []) {
        const entry = lookUp(group, serial);
        if (entry !== undefined) return entry;
      }
      return undefined;
    },
  };
};
