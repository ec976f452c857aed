import { Argument, Command, InvalidArgumentError } from 'commander';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isSeq, parseDocument } from 'yaml';
import { digestOf } from '../changes/digest.ts';
import { ONLY_DOCUMENT } from '../changes/document.ts';
import type { Roles } from '../changes/schemas.ts';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { decodePem } from '../certificate/pem.ts';
import { rolesDocument } from '../server/file-documents.ts';
import { isSomebody } from '../inspection/roles.ts';
import { operatorsIn, readOthers, ROLES_FILE, tooFewOperators } from '../server/read-documents.ts';
import { withChangeRoom, type ChangeRoom } from './change-room.ts';
import { CommandLineError } from './failure.ts';

type Entry = Roles['roles'][number];
type Role = Entry['role'];

interface Options {
  readonly config: string;
  readonly certificate?: string;
  readonly identity?: string;
  readonly department?: string;
  readonly note: string;
}

const KEY = { kind: 'roles', name: ONLY_DOCUMENT } as const;
const CONFIG = ['-c, --config <folder>', 'folder of gateway.yaml', 'config'] as const;

export const rolesCommand = (): Command => {
  const roles = new Command('roles').description('Who may do what in the console: list, grant, revoke');
  roles
    .command('list')
    .description('Roles in force')
    .option(...CONFIG)
    .option('--json', 'print JSON')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      await withChangeRoom(config, async (room) => {
        const { entries } = await inForce(room);
        if (json === true) process.stdout.write(`${JSON.stringify(entries, undefined, 2)}\n`);
        else for (const each of entries) process.stdout.write(`${lineOf(each)}\n`);
      });
    });
  const changing = (name: 'grant' | 'revoke', description: string): Command =>
    roles
      .command(name)
      .description(description)
      .addArgument(new Argument('<role>').choices(['operator', 'officer', 'auditor']))
      .option(
        '--certificate <file or thumbprint>',
        'PEM, or SHA-256 in hex: whose certificate it is',
        thumbprint,
      )
      .option('--identity <unified id>', 'whose unified id it is')
      .option('--department <department>', 'of an officer')
      .option('--note <text>', 'why', '')
      .option(...CONFIG);
  changing('grant', 'Give a role: at once while there is no operator, otherwise as a proposal').action(
    (role: Role, options: Options) => change(role, options, add),
  );
  changing('revoke', 'Take a role away: a proposal that an operator approves').action(
    (role: Role, options: Options) => change(role, options, remove),
  );
  return roles;
};

type Edit = (text: string, entries: readonly Entry[], entry: Entry) => string;

const change = async (role: Role, options: Options, edit: Edit): Promise<void> => {
  const { certificate, identity, department, note, config } = options;
  if ((certificate === undefined) === (identity === undefined)) {
    throw new CommandLineError('give --certificate or --identity: whose role it is');
  }
  if ((role === 'officer') !== (department !== undefined)) {
    throw new CommandLineError('--department goes with officers, and officers have one');
  }
  const entry: Entry = {
    role,
    ...(department !== undefined && { department }),
    ...(certificate !== undefined && { certificate }),
    ...(identity !== undefined && { unifiedId: identity }),
    note,
  };
  await withChangeRoom(
    config,
    async (room) => {
      const { sequence, base, text, entries } = await inForce(room);
      const files = [{ path: ROLES_FILE, content: Buffer.from(edit(text, entries, entry)) }];
      const wanted = { ...KEY, files };
      const after = readOthers([wanted]).roles;
      const issues = [...(await room.control.forbidden(wanted)), ...tooFewOperators(entries, after)];
      if (issues.length > 0) throw new ConfigurationError(issues);
      const content = { ...wanted, base, note };
      // Who they are is only not known here: four eyes are not passed over for that.
      if (
        entries.some((each) => each.role === 'operator' && !isSomebody(each)) &&
        operatorsIn(entries) === 0
      ) {
        throw new CommandLineError(
          'roles.yaml names its operators by variables that are not set here: call this in the environment of the gateway, or take the lines out that are nobody’s',
        );
      }
      // Nobody could approve it.
      if (operatorsIn(entries) === 0) {
        const { version } = await room.put(content, 'command', sequence);
        const [file] = rolesDocument(room.folder);
        // It was read already: from now on it is behind.
        if (file !== undefined) await room.store.rememberTaken(KEY, digestOf(file.files));
        process.stdout.write(`In force, version ${version}: there was no operator before.\n`);
      } else {
        const { id } = await room.propose(content, 'command');
        process.stdout.write(`Proposed as ${id}; an operator approves it in the console.\n`);
      }
    },
    { make: true },
  );
};

/** Of the store; of the file where the store has never had any. */
const inForce = async ({ folder, store }: ChangeRoom) => {
  const sequence = await store.sequence();
  const current = await store.current(KEY);
  const files = current === undefined ? (rolesDocument(folder)[0]?.files ?? []) : current.files;
  const entries = readOthers([{ ...KEY, files }]).roles;
  const text = files[0]?.content.toString('utf8') ?? '';
  return { sequence, base: current?.version ?? 0, text, entries };
};

const isOf = (one: Entry, other: Entry): boolean =>
  one.role === other.role &&
  one.department === other.department &&
  one.unifiedId === other.unifiedId &&
  one.certificate === other.certificate;

const add: Edit = (text, entries, entry) => {
  if (entries.some((each) => isOf(each, entry))) throw new CommandLineError('has that role already');
  const document = parseDocument(text);
  if (isSeq(document.get('roles'))) document.addIn(['roles'], entry);
  else document.setIn(['roles'], [entry]);
  return document.toString();
};

const remove: Edit = (text, entries, entry) => {
  const place = entries.findIndex((each) => isOf(each, entry));
  if (place === -1) throw new CommandLineError('has no such role');
  const document = parseDocument(text);
  document.deleteIn(['roles', place]);
  return document.toString();
};

const lineOf = ({ role, department, certificate, unifiedId, note }: Entry): string =>
  `${role}${department === undefined ? '' : ` of ${department}`}  ${certificate === undefined ? `identity ${unifiedId ?? ''}` : `certificate ${certificate}`}${note === '' ? '' : `  ${note}`}`;

function thumbprint(given: string): string {
  if (/^[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
  const [certificate] = existsSync(given) ? decodePem(readFileSync(given, 'utf8')) : [];
  if (certificate === undefined) {
    throw new InvalidArgumentError('expected a file with a certificate (PEM), or 64 hex digits.');
  }
  return createHash('sha256').update(certificate).digest('hex');
}
