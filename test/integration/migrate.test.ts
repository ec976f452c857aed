import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditKeyFile, openEmbeddedKeyStore } from '../../src/audit/embedded-key-store.ts';
import { lockFolder } from '../../src/audit/lock-folder.ts';
import { identityOwner } from '../../src/audit/personal-fields.ts';
import { openPostgresKeyStore } from '../../src/audit/postgres-key-store.ts';
import { replicaName } from '../../src/audit/replica-name.ts';
import { openEmbeddedChangeStore } from '../../src/changes/embedded-change-store.ts';
import { openPostgresChangeStore } from '../../src/changes/postgres-change-store.ts';
import { openEmbeddedRegister } from '../../src/identity/embedded-register.ts';
import { createIdentifierHash } from '../../src/identity/identifier-hash.ts';
import type { SubjectReading } from '../../src/identity/identity.ts';
import { openPostgresRegister } from '../../src/identity/postgres-register.ts';
import { valueBinding, nameBinding } from '../../src/identity/sealed-bindings.ts';
import { migrateCity } from '../../src/server/migrate/migrate-city.ts';
import { createFieldCipher } from '../../src/storage/field-cipher.ts';
import { openKeyRing } from '../../src/storage/key-ring.ts';
import type { Postgres } from '../../src/storage/postgres.ts';
import {
  describeWithPostgres,
  dropSchema,
  newSchema,
  onPostgres,
  openTestPostgres,
  POSTGRES_URL,
} from '../unit/storage/postgres-servers.ts';
import { COMPILED, ONECERT, onecert, ROOT } from './city-command.ts';

const PEOPLE = 100_000;
const AT = Date.UTC(2026, 0, 5);
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/** Invented; with the right check digit (GB 11643-1999). */
const citizenId = (number: number): string => {
  const digits = `440301${1950 + (number % 50)}0101${String(number % 1000).padStart(3, '0')}`;
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (WEIGHTS[at] ?? 0), 0);
  return digits + '10X98765432'[sum % 11];
};
/** The same for no two numbers below 50,000: those of the people that the tests ask for. */
const reading = (number: number, name = `张${number}`): SubjectReading => ({
  kind: 'citizen',
  name,
  identifiers: [{ type: 'citizen-id-number', value: citizenId(number) }],
});
const thumbprint = (number: number): string =>
  createHash('sha256').update(`certificate ${number}`).digest('base64url');
const context = (number: number, authority = 'yuean') => ({
  authority,
  thumbprint: thumbprint(number),
  at: AT + number,
});

interface EmbeddedCity {
  readonly folder: string;
  readonly data: string;
  readonly configuration: string;
}

const layOut = (): EmbeddedCity => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-migrate-'));
  const [data, configuration] = [join(folder, 'data'), join(folder, 'config')];
  mkdirSync(join(data, 'audit'), { recursive: true, mode: 0o700 });
  mkdirSync(join(configuration, 'departments'), { recursive: true });
  return { folder, data, configuration };
};
const keysOf = (data: string) => {
  const ring = openKeyRing(join(data, 'keys'));
  return {
    ring,
    fieldKey: () => ring.versions('field.key'),
    hashKey: () => ring.versions('hash.key'),
  };
};
const openEmbedded = (data: string) => {
  const { fieldKey, hashKey } = keysOf(data);
  return openEmbeddedRegister({ file: join(data, 'register.sqlite'), fieldKey, hashKey });
};

/** Rows of many people, as signing in one by one would leave them, by the same sealing and hashing. */
const addPeople = (data: string, from: number, to: number): void => {
  const { fieldKey, hashKey } = keysOf(data);
  const [cipher, hash] = [createFieldCipher(fieldKey), createIdentifierHash(hashKey)];
  const database = new DatabaseSync(join(data, 'register.sqlite'));
  database.exec('BEGIN');
  const identity = database.prepare('INSERT INTO identities VALUES (?, ?, ?, ?, ?)');
  const identifier = database.prepare('INSERT INTO identifiers VALUES (?, ?, ?, ?, 1, ?, ?)');
  const certificate = database.prepare(
    `INSERT INTO certificates (thumbprint, identity, authority, reading, first_used, last_used)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  for (let number = from; number < to; number += 1) {
    const unifiedId = createHash('sha256').update(`person ${number}`).digest('base64url').slice(0, 22);
    const id = number + 1;
    const value = `passport-${number}`;
    const key = hash.ofIdentifier({ type: 'passport', value });
    identity.run(id, unifiedId, 'citizen', cipher.encrypt(`张${number}`, nameBinding(unifiedId)), AT);
    identifier.run(key, id, 'passport', cipher.encrypt(value, valueBinding(key)), 'yuean', AT);
    certificate.run(thumbprint(number), id, 'yuean', randomBytes(32), AT, AT);
  }
  database.exec('COMMIT');
  database.close();
};

describeWithPostgres('onecert migrate', () => {
  let city: EmbeddedCity;
  let schema: string;
  const opened: Postgres[] = [];
  const target = async (): Promise<Postgres> => {
    const postgres = await openTestPostgres({ schema, maxConnections: 3 });
    opened.push(postgres);
    return postgres;
  };
  beforeEach(() => {
    city = layOut();
    schema = newSchema();
    writeFileSync(
      join(city.configuration, 'gateway.yaml'),
      `issuer: https://localhost:8443
listen: { port: 8443 }
admin: { port: 8444 }
tls: { certificate: a.crt, key: a.key }
data: ${city.data}
stores: { postgres: '${POSTGRES_URL}', schema: ${schema} }
`,
    );
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await dropSchema(schema);
    rmSync(city.folder, { recursive: true });
  });
  const total = async (table: string): Promise<unknown> =>
    (await onPostgres(POSTGRES_URL, `SELECT count(*)::integer AS total FROM ${schema}.${table}`))[0]?.[
      'total'
    ];

  it('moves a used city: everybody is who they were, and so are conflicts, documents and keys', async () => {
    const { fieldKey, hashKey, ring } = keysOf(city.data);
    const register = openEmbedded(city.data);
    const [anna, bela] = [
      await register.identify(reading(1), context(1)),
      await register.identify(reading(2), context(2)),
    ];
    // Another name for a known number is a conflict; a certificate with two people's numbers, once joined, an alias.
    await expect(register.identify(reading(1, '别人'), context(3))).rejects.toThrow();
    const both: SubjectReading = {
      kind: 'citizen',
      name: anna.name,
      identifiers: [...reading(1).identifiers, { type: 'passport', value: 'E12345678' }],
    };
    await register.identify(both, context(4));
    const conflicts = await register.listConflicts({ limit: 10 });
    expect(conflicts).toHaveLength(1);
    await register.close();
    addPeople(city.data, 10, PEOPLE);
    const changes = openEmbeddedChangeStore(join(city.data, 'changes.sqlite'));
    const document = { kind: 'department', name: 'tax' } as const;
    const put = (base: number, text: string) =>
      changes.put({
        ...document,
        base,
        files: [
          { path: 'department.yaml', content: Buffer.from(text) },
          { path: 'big.bin', content: randomBytes(3_000_000) },
        ],
        origin: 'files',
        proposedBy: 'system',
        note: '',
        at: AT,
      });
    await put(0, 'one');
    const inForce = await put(1, 'two');
    const proposal = await changes.propose({
      ...document,
      base: 2,
      files: [{ path: 'department.yaml', content: Buffer.from('three') }],
      state: 'submitted',
      origin: 'console',
      proposedBy: 'u_1',
      department: 'tax',
      note: 'why',
      at: AT,
    });
    await changes.rememberTaken(document, inForce.digest);
    await changes.close();
    const cipher = createFieldCipher(fieldKey);
    const auditKeys = openEmbeddedKeyStore(auditKeyFile(city.data), cipher);
    const key = await auditKeys.keyOf(identityOwner(anna.unifiedId));
    await auditKeys.close();

    const { rows, compared } = await migrateCity({ data: city.data, url: POSTGRES_URL, schema });
    expect(rows).toMatchObject({
      identities: PEOPLE - 10 + 2,
      conflicts: 1,
      change_versions: 2,
      change_proposals: 1,
      audit_keys: 1,
    });
    expect(compared).toBeGreaterThan(200);

    const postgres = await target();
    const shared = await openPostgresRegister({ postgres, fieldKey, hashKey });
    expect(await shared.identify(reading(1), context(1))).toEqual(
      expect.objectContaining({ unifiedId: anna.unifiedId, name: anna.name }),
    );
    // By another certificate with the number, too; and somebody new comes after all that were there.
    expect((await shared.identify(reading(2), context(9, 'zhujiang'))).unifiedId).toBe(bela.unifiedId);
    expect((await shared.identityById(anna.unifiedId))?.identity.identifiers).toHaveLength(2);
    const fresh = await shared.identify(
      { kind: 'citizen', name: '新', identifiers: [{ type: 'passport', value: 'NEW000001' }] },
      { ...context(200_000) },
    );
    expect(await shared.count()).toMatchObject({ citizens: PEOPLE - 10 + 3, conflicts: 1 });
    expect([anna.unifiedId, bela.unifiedId]).not.toContain(fresh.unifiedId);
    expect(await shared.listConflicts({ limit: 10 })).toEqual(conflicts);
    await expect(shared.identify(reading(2, '别人'), context(7))).rejects.toThrow();
    expect((await shared.listConflicts({ limit: 1 }))[0]?.id).toBe((conflicts[0]?.id ?? 0) + 1);

    const store = await openPostgresChangeStore(postgres);
    expect(await store.current(document)).toEqual(inForce);
    expect(await store.proposal(proposal.id)).toEqual(proposal);
    expect(await store.takenFromFiles(document)).toBe(inForce.digest);
    expect(await store.approve(proposal.id, { by: 'u_2', note: '', at: AT })).toMatchObject({ version: 3 });
    const movedKeys = await openPostgresKeyStore(postgres, cipher);
    expect(await movedKeys.find(identityOwner(anna.unifiedId))).toEqual(key);
    expect(ring.secret('pairwise.key', 32)).toHaveLength(32);
    // Auditors and witnesses know its log by this name.
    expect(replicaName(city.data)).toBe('main');

    await expect(migrateCity({ data: city.data, url: POSTGRES_URL, schema })).rejects.toThrow('not empty');
  }, 180_000);

  it('is refused while a gateway uses the data folder, writes nothing when it is only tried', async () => {
    await openEmbedded(city.data).close();
    const lock = lockFolder(join(city.data, 'audit'));
    const refused = await onecert(['migrate', '--config', city.configuration], process.env);
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('in use by another OneCert')]);
    lock.release();
    const tried = await onecert(['migrate', '--config', city.configuration, '--dry-run'], process.env);
    expect([tried.code, tried.stdout]).toEqual([0, expect.stringContaining('Nothing was written')]);
    const rows = await onPostgres(POSTGRES_URL, `SELECT to_regnamespace('${schema}') IS NULL AS none`);
    expect(rows).toEqual([{ none: true }]);
  }, 120_000);

  it('leaves nothing when it is killed in the middle, and does all of it the next time', async () => {
    await openEmbedded(city.data).close();
    addPeople(city.data, 0, 30_000);
    const killed = spawn(process.execPath, [...ONECERT, 'migrate', '--config', city.configuration], {
      cwd: ROOT,
      env: { ...COMPILED, ...process.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(killed, 'exit');
    let said = '';
    killed.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      // Of the second table: the first is there by then, as far as the transaction goes.
      if (said.includes('identifiers:')) killed.kill('SIGKILL');
    });
    expect(await ended).toEqual([null, 'SIGKILL']);
    const deadline = Date.now() + 20_000;
    while ((await total('identities').catch(() => 'locked')) !== 0) {
      if (Date.now() > deadline) throw new Error('the transaction was not rolled back');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await total('identifiers')).toBe(0);
    const again = await onecert(['migrate', '--config', city.configuration], process.env);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('certificates')]);
    expect(again.stdout).toContain('they are the same');
    expect(await total('identities')).toBe(30_000);
  }, 180_000);
});
