import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openAuditStores, type SharedAuditStores } from '../../audit/open-stores.ts';
import { openKeyRing } from '../../storage/key-ring.ts';
import { openPostgres } from '../../storage/postgres.ts';
import { StoreUnavailableError } from '../../storage/store-unavailable.ts';
import { usageOf } from './look-at-audit.ts';

const READY_MS = 5_000;

/** Ends of these certificates (SHA-256, hex), as far as the register in PostgreSQL knows them. Reads no sealed value. */
export const lookAtSharedCertificateEnds = async (
  shared: SharedAuditStores,
  certificates: readonly string[],
): Promise<ReadonlyMap<string, number>> => {
  const postgres = openPostgres({ ...shared, maxConnections: 1 });
  try {
    if (!(await postgres.ready(READY_MS))) throw new StoreUnavailableError('PostgreSQL cannot be reached');
    const rows = await postgres.query<{ thumbprint: string; ends: string | number }>(
      'SELECT thumbprint, not_after AS ends FROM certificates WHERE thumbprint = ANY($1) AND not_after IS NOT NULL',
      [certificates.map((hex) => Buffer.from(hex, 'hex').toString('base64url'))],
    );
    return new Map(
      rows.map(({ thumbprint, ends }) => [
        Buffer.from(thumbprint, 'base64url').toString('hex'),
        Number(ends),
      ]),
    );
  } finally {
    await postgres.close();
  }
};

/** Calls by service at all replicas, from the index they share; nothing of a person is read. */
export const lookAtSharedUsage = async (data: string, shared: SharedAuditStores, at: number) => {
  // Of a gateway that has run: opening the index makes neither its key nor a name of its own for it.
  await Promise.all([stat(join(data, 'replica')), stat(join(data, 'keys', 'audit-index.key'))]);
  const stores = await openAuditStores({ data, ring: openKeyRing(join(data, 'keys')), shared });
  try {
    return await usageOf(stores.index, at);
  } finally {
    await stores.close();
  }
};
