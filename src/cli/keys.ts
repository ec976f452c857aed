import { Command, InvalidArgumentError } from 'commander';
import { join, resolve } from 'node:path';
import { duration } from '../configuration/units.ts';
import { signersOf } from '../audit/checkpoint/checkpoint.ts';
import { latestCheckpoint, readVerifierKeys } from '../audit/checkpoint/checkpoints-file.ts';
import { logSigners } from '../audit/checkpoint/start-signing.ts';
import { auditKeyFile, openEmbeddedKeyStore } from '../audit/embedded-key-store.ts';
import { openPostgresKeyStore } from '../audit/postgres-key-store.ts';
import { createLogger } from '../observability/logging.ts';
import { openDataFolder } from '../server/data-folder.ts';
import { openLastingStores } from '../server/lasting-stores.ts';
import { loadSettings } from '../server/load-configuration.ts';
import type { GatewaySettings } from '../server/gateway-settings.ts';
import { isKeyName, KEYS, type KeyKind, type KeyName } from '../storage/key-catalogue.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { inUse, type KeyVersion } from '../storage/key-version.ts';
import { StorageError } from '../storage/storage-error.ts';
import { CommandLineError } from './failure.ts';
import { EXIT } from './exit-codes.ts';

interface Options {
  readonly config: string;
}

export const keysCommand = (): Command => {
  const keys = new Command('keys').description("The gateway's own keys: list, rotate, retire, seal anew");
  const config = ['-c, --config <folder>', 'folder of gateway.yaml', 'config'] as const;
  keys
    .command('list')
    .description('Every key with its versions: in use, coming, kept, or ready to be retired')
    .option(...config)
    .option('--json', 'print JSON')
    .action(({ config: folder, json }: Options & { json?: boolean }) => {
      const { settings, ring } = open(folder);
      const now = Date.now();
      const listed = (Object.keys(KEYS) as KeyName[]).map((name) => ({
        name,
        protects: KEYS[name].protects,
        rotation: KEYS[name].rotation,
        versions: ring
          .versions(name)
          .map((version) => describe(name, ring.versions(name), version, settings, now)),
      }));
      if (json === true) process.stdout.write(`${JSON.stringify(listed, undefined, 2)}\n`);
      else for (const key of listed) process.stdout.write(lineOf(key));
    });
  keys
    .command('rotate')
    .description('Make a new version of a key; a running gateway takes it up by itself')
    .argument('<name>', 'as in the list, such as assertion.key', keyName)
    .option(...config)
    .option(
      '--use-after <time>',
      'when things are made with it ("30s"); as the key needs it by default',
      time,
    )
    .action((name: KeyName, { config: folder, useAfter }: Options & { useAfter?: number }) => {
      const { ring } = open(folder);
      const { version, usedFrom } = ring.rotate(name, useAfter);
      process.stdout.write(`${name} ${version} is made, and in use from ${iso(usedFrom)}.\n`);
      if (KEYS[name].rotation === 'reseal') {
        process.stdout.write(
          'The gateway seals the register anew from then on (or: onecert keys reseal); then retire the old version.\n',
        );
      }
      if (name === 'audit.key') {
        process.stdout.write(
          'Checkpoints are signed with all versions until the old ones are retired: give auditors and witnesses the new public key (onecert audit key).\n',
        );
      }
    });
  keys
    .command('retire')
    .description('Take an old version away; refused while anything needs it')
    .argument('<name>', 'as in the list', keyName)
    .argument('<version>', 'its number', versionNumber)
    .option(...config)
    .option('--now', 'although what was made with it may still be in use: a key that was stolen')
    .action(async (name: KeyName, version: number, { config: folder, now }: Options & { now?: boolean }) => {
      const { settings, ring } = open(folder);
      const versions = ring.versions(name);
      const found = versions.find((each) => each.version === version);
      if (found === undefined) throw new CommandLineError(`${name} has no version ${version}`);
      const { state, until } = describe(name, versions, found, settings, Date.now());
      if (state === 'kept' && now !== true) {
        throw new CommandLineError(
          `${name} ${version} is needed until ${until ?? '?'}: what was made with it is still in use`,
        );
      }
      if (name === 'field.key' || name === 'hash.key') await release(folder, name, version);
      if (name === 'audit.key') await requireSuccessor(settings, versions, version);
      ring.retire(name, version);
      process.stdout.write(`${name} ${version} is retired.\n`);
    });
  keys
    .command('reseal')
    .description(
      'Seal the register anew with the newest field.key and hash.key; may be interrupted, and run again',
    )
    .option(...config)
    .option('--count', 'only say how much is left')
    .action(async ({ config: folder, count }: Options & { count?: boolean }) => {
      const { register, auditKeys, close } = await openSealed(folder);
      try {
        if (count !== true) {
          for (const each of [register, auditKeys]) {
            for (let done = false; !done;) ({ done } = await each.reseal(1_000));
          }
        }
        const { values, hashes } = await register.leftToReseal();
        const left = { values: values + (await auditKeys.leftToReseal()), hashes };
        process.stdout.write(`${left.values} values and ${left.hashes} hashes are left to be sealed anew.\n`);
        process.exitCode = left.values + left.hashes === 0 ? EXIT.ok : EXIT.no;
      } finally {
        await close();
      }
    });
  return keys;
};

const open = (folder: string) => {
  const settings = loadSettings(resolve(folder));
  return { settings, ring: openKeyRing(join(settings.data, 'keys')) };
};

/** All that is sealed with field.key, or hashed with hash.key. */
const openSealed = async (folder: string) => {
  const { settings, ring } = open(folder);
  const fieldKey = (): readonly KeyVersion[] => ring.versions('field.key');
  const data = openDataFolder(settings.data);
  const stores = await openLastingStores(settings, data, ring, createLogger({ level: 'error' }));
  const cipher = createFieldCipher(fieldKey);
  const auditKeys =
    stores.connections === undefined
      ? openEmbeddedKeyStore(auditKeyFile(settings.data), cipher)
      : await openPostgresKeyStore(stores.connections, cipher);
  return {
    register: stores.register,
    auditKeys,
    close: async () => {
      await auditKeys.close();
      await stores.close();
    },
  };
};

/** What is still sealed with the version could not be read once it is gone: `--now` does not help there. */
const release = async (folder: string, name: 'field.key' | 'hash.key', version: number): Promise<void> => {
  const { register, auditKeys, close } = await openSealed(folder);
  try {
    const left = name === 'field.key' ? await auditKeys.leftToReseal() : 0;
    if (left > 0)
      throw new StorageError(`${left} keys of the audit log are still of an earlier version of ${name}`);
    await register.releaseKey(name === 'field.key' ? 'field' : 'hash', version);
  } finally {
    await close();
  }
};

/**
 * The log has to lead from each version to the next: it is noted when its announcement is on the disk. And a gateway starts
 * on checkpoints of kept versions alone.
 */
const requireSuccessor = async (
  { data }: Pick<GatewaySettings, 'data'>,
  versions: readonly KeyVersion[],
  version: number,
): Promise<void> => {
  const folder = join(data, 'audit');
  const latest = await latestCheckpoint(folder);
  if (latest === undefined) return;
  const noted = new Set((await readVerifierKeys(folder)).map(({ text }) => text));
  const later = versions.filter((each) => each.version > version);
  const announced = logSigners(latest.origin, later)
    .map(({ verifierKey }) => verifierKey)
    .filter(({ text }) => noted.has(text));
  if ((signersOf(latest, announced)?.log.length ?? 0) > 0) return;
  throw new CommandLineError(
    'the audit log has announced no later version yet: start the gateway, or wait ten seconds where it runs',
  );
};

interface Described {
  readonly version: number;
  readonly created: string;
  readonly state: 'coming' | 'in use' | 'kept' | 'retirable' | 'sealed anew';
  /** When the state ends, where that is known. */
  readonly until?: string;
}

const describe = (
  name: KeyName,
  versions: readonly KeyVersion[],
  { version, createdAt, usedFrom }: KeyVersion,
  settings: GatewaySettings,
  now: number,
): Described => {
  const is = { version, created: iso(createdAt) };
  const used = inUse(versions, now).version;
  if (version === used) return { ...is, state: 'in use' };
  if (version > used) return { ...is, state: 'coming', until: iso(usedFrom) };
  const kind: KeyKind = KEYS[name];
  if (kind.rotation === 'reseal') return { ...is, state: 'sealed anew' };
  const successor = versions.find((each) => each.version > version);
  const needed = kind.neededMs === 'session' ? settings.sessions.absolute + 15 * 60_000 : kind.neededMs;
  const until = (successor?.usedFrom ?? now) + needed;
  return until > now ? { ...is, state: 'kept', until: iso(until) } : { ...is, state: 'retirable' };
};

const lineOf = ({
  name,
  protects,
  rotation,
  versions,
}: {
  readonly name: string;
  readonly protects: string;
  readonly rotation: string;
  readonly versions: readonly Described[];
}): string => {
  const each = versions.map(
    ({ version, created, state, until }) =>
      `    ${version}  made ${created}  ${state}${until === undefined ? '' : ` until ${until}`}\n`,
  );
  return `${name} (${rotation}): ${protects}\n${each.join('')}`;
};

const iso = (ms: number): string => new Date(ms).toISOString();

const keyName = (text: string): KeyName => {
  if (isKeyName(text)) return text;
  throw new InvalidArgumentError(`expected one of ${Object.keys(KEYS).join(', ')}.`);
};

const versionNumber = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected the number of a version.');
};

const time = (text: string): number => {
  const read = duration.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError('expected a time such as 30s, 15m, 8h.');
};
