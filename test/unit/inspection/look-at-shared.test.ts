import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openAuditStores, type AuditStores } from '../../../src/audit/open-stores.ts';
import { openPostgresRegister } from '../../../src/identity/postgres-register.ts';
import {
  lookAtSharedCertificateEnds,
  lookAtSharedUsage,
} from '../../../src/inspection/gather/look-at-shared.ts';
import { openKeyRing } from '../../../src/storage/key-ring.ts';
import { openIndexedLog } from '../audit/indexed-log.ts';
import { newFolder } from '../audit/written-log.ts';
import { citizenIdNumber } from '../identity/invented-numbers.ts';
import {
  describeWithPostgres,
  dropSchema,
  openTestPostgres,
  POSTGRES_URL,
} from '../storage/postgres-servers.ts';

const AT = Date.UTC(2026, 10, 24, 8);
const DAY_MS = 86_400_000;

describeWithPostgres('what replicas share, as the inspection sees it', () => {
  it('certificates that are known, with their end; the others are not in it', async () => {
    const postgres = await openTestPostgres();
    const shared = { url: POSTGRES_URL, schema: postgres.schema };
    const register = await openPostgresRegister({
      postgres,
      fieldKey: Buffer.alloc(32, 1),
      hashKey: Buffer.alloc(32, 2),
    });
    const [known, unknown] = ['known', 'unknown'].map((text) => createHash('sha256').update(text).digest());
    const value = citizenIdNumber('44030519900307123');
    await register.identify(
      { kind: 'citizen', identifiers: [{ type: 'citizen-id-number', value }], name: '周敏' },
      { authority: 'yuean', thumbprint: known?.toString('base64url') ?? '', at: AT, notAfter: AT + DAY_MS },
    );
    const hexes = [known, unknown].map((each) => each?.toString('hex') ?? '');
    expect(await lookAtSharedCertificateEnds(shared, hexes)).toEqual(new Map([[hexes[0], AT + DAY_MS]]));
    await postgres.close();
    await dropSchema(postgres.schema);
  });

  it('calls by service at all replicas; nothing is made where no gateway has run', async () => {
    const postgres = await openTestPostgres();
    const shared = { url: POSTGRES_URL, schema: postgres.schema };
    const folders = [newFolder(), newFolder(), newFolder()] as const;
    for (const [index, data] of folders.slice(0, 2).entries()) {
      let opened: AuditStores | undefined;
      const log = await openIndexedLog({
        data,
        stores: async () => {
          opened = await openAuditStores({ data, ring: openKeyRing(join(data, 'keys')), shared });
          return opened;
        },
      });
      const call = {
        event: 'call',
        at: AT,
        department: 'tax',
        service: 'invoices',
        code: 'ONECERT_OK',
      } as const;
      for (let number = 0; number <= index; number++) await log.record(call);
      await log.follower.catchUp();
      await log.close();
      await opened?.close();
    }
    const { since, calls } = await lookAtSharedUsage(folders[0], shared, AT + 3 * DAY_MS);
    expect([...calls.values()]).toEqual([3]);
    expect([...calls.keys()].join()).toContain('invoices');
    expect(since).toBeLessThanOrEqual(AT);
    await expect(lookAtSharedUsage(folders[2], shared, AT)).rejects.toMatchObject({ code: 'ENOENT' });
    const names = await postgres.query<{ name: string }>('SELECT name FROM audit_replicas');
    expect(names).toHaveLength(2);
    await postgres.close();
    await dropSchema(postgres.schema);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
});
