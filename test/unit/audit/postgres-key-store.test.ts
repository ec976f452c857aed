import { randomBytes } from 'node:crypto';
import { identityOwner } from '../../../src/audit/personal-fields.ts';
import { openPostgresKeyStore } from '../../../src/audit/postgres-key-store.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import type { KeyVersion } from '../../../src/storage/key-version.ts';
import type { Postgres } from '../../../src/storage/postgres.ts';
import {
  describeWithPostgres,
  dropSchema,
  newSchema,
  openTestPostgres,
} from '../storage/postgres-servers.ts';
import { describeKeyStore } from './key-store-contract.ts';

const version = (number: number): KeyVersion => ({
  version: number,
  createdAt: number,
  usedFrom: number,
  key: randomBytes(32),
});

describeWithPostgres('keys of the audit log in PostgreSQL', () => {
  let schema: string;
  let versions: KeyVersion[];
  const opened: Postgres[] = [];
  const openAnother = async (): Promise<Awaited<ReturnType<typeof openPostgresKeyStore>>> => {
    const postgres = await openTestPostgres({ schema, maxConnections: 2 });
    opened.push(postgres);
    return openPostgresKeyStore(
      postgres,
      createFieldCipher(() => versions),
    );
  };
  beforeEach(() => {
    schema = newSchema();
    versions = [version(0)];
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await dropSchema(schema);
  });

  describeKeyStore('PostgreSQL', openAnother);

  it('holds no key in the clear, and opens keys with the field key they were sealed with alone', async () => {
    const store = await openAnother();
    const { key } = await store.keyOf(identityOwner('anna'));
    const rows = await opened[0]?.query<{ sealed: Buffer }>('SELECT sealed FROM audit_keys');
    expect(rows).toHaveLength(1);
    expect(rows?.[0]?.sealed.includes(Buffer.from(key).toString('base64'))).toBe(false);
    versions = [version(0)];
    await expect(store.find(identityOwner('anna'))).rejects.toThrow();
  });

  it('seals keys anew under a later field key, batch by batch', async () => {
    const store = await openAnother();
    const owners = Array.from({ length: 25 }, (_, number) => identityOwner(`person-${number}`));
    const before = await Promise.all(owners.map((owner) => store.keyOf(owner)));
    versions = [...versions, version(1)];
    expect(await store.leftToReseal()).toBe(25);
    const steps = [];
    for (let done = false; !done;) {
      const step = await store.reseal(10);
      steps.push(step.resealed);
      ({ done } = step);
    }
    expect(steps).toEqual([10, 10, 5]);
    expect(await store.leftToReseal()).toBe(0);
    versions = versions.slice(1);
    expect(await Promise.all(owners.map((owner) => store.find(owner)))).toEqual(before);
  });
});
