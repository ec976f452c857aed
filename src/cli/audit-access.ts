import { Command, InvalidArgumentError, Option } from 'commander';
import { createWriteStream, openSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import type { AuditFilter, AuditPage, IndexedEntry } from '../audit/audit-index.ts';
import { openAuditFeed, readEntryAt } from '../audit/feed.ts';
import { identityOwner } from '../audit/personal-fields.ts';
import type { ReadEntry } from '../audit/seal-entry.ts';
import { CATALOGUE } from '../refusal/catalogue.ts';
import { commandActor, withAuditRoom, type AuditPlace, type AuditRoom } from './audit-room.ts';
import { EXIT } from './exit-codes.ts';
import { CommandLineError } from './failure.ts';

const DATA = ['-d, --data <folder>', 'data folder', 'data'] as const;
const CONFIG = [
  '-c, --config <folder>',
  'folder of gateway.yaml: data folder and shared stores as there, instead of --data',
] as const;

interface SearchOptions extends Omit<AuditFilter, 'unifiedId' | 'from' | 'to'> {
  readonly data: string;
  readonly config?: string | undefined;
  readonly from?: number;
  readonly to?: number;
  readonly identity?: string;
  readonly open?: boolean;
  readonly reason?: string;
  readonly json?: boolean;
  readonly limit: number;
  readonly before?: NonNullable<AuditPage['before']>;
}

export const auditSearchCommand = (): Command =>
  new Command('search')
    .description('Find entries by the index, the newest first')
    .option(...DATA)
    .option(...CONFIG)
    .option('--from <time>', 'decided at or after it: 2026-11-24, 2026-11-24T08:00:00+08:00', parseTime)
    .option('--to <time>', 'decided before it', parseTime)
    .option('--event <event>', 'sign-in, call, refusal, outcome, change …')
    .option('--code <code>', 'ONECERT_…', parseCode)
    .option('--department <department>')
    .option('--service <service>')
    .option('--identity <unified id>', 'entries that tell of one identity; needs --reason')
    .option('--certificate <thumbprint>', 'SHA-256, base64url; needs --reason')
    .option('--reference <reference>')
    .option('--trace <trace id>')
    .option('--actor <actor>', 'who acted: a service, a unified id of the console, command:…')
    .option('--open', 'show personal data; needs --reason')
    .option('--reason <text>', 'why: goes into the audit log')
    .option('--json', 'print JSON lines')
    .option('--limit <number>', 'most entries', parseCount, 50)
    .option('--before <entry>', 'the next page: as the page before says at its end', parseBefore)
    .action(async (options: SearchOptions) => {
      const { data, config, identity, open = false, reason, json = false, limit, before, ...rest } = options;
      const filter: AuditFilter = { ...rest, ...(identity !== undefined && { unifiedId: identity }) };
      await withAuditRoom({ data, config }, async (room) => {
        if (open || identity !== undefined || rest.certificate !== undefined) {
          const shown = { ...rest, ...(await holderOf(room, identity)), open };
          const command = { actor: commandActor(), reason: needed(reason), filter: briefly(shown) };
          await room.command({ what: 'audit-search', ...command });
        }
        const found = await room.index.search(filter, { limit, ...(before !== undefined && { before }) });
        for (const line of await linesOf(room, found, { open, json })) process.stdout.write(`${line}\n`);
        if (!json && found.length === limit)
          process.stdout.write(`more: --before ${placeOf(found.at(-1))}\n`);
        if (found.length === 0) process.stderr.write('no entry is like that\n');
        process.exitCode = found.length === 0 ? EXIT.no : EXIT.ok;
      });
    });

/** `<seq>` in a log that is alone; `<at>:<replica>:<seq>` where replicas share the index. */
const placeOf = (entry: IndexedEntry | undefined): string => {
  const { seq = 0, at = 0, replica } = entry ?? {};
  return replica === undefined ? `${seq}` : `${at}:${replica}:${seq}`;
};

/** A code that there is not would be found never, and look like good news. */
function parseCode(text: string): string {
  if (Object.hasOwn(CATALOGUE, text)) return text;
  throw new InvalidArgumentError(
    'expected a code such as ONECERT_CERTIFICATE_REVOKED (src/refusal/catalogue.ts).',
  );
}

function parseBefore(text: string): NonNullable<AuditPage['before']> {
  const [, at, replica, seq] = /^(\d{1,16}):([a-z0-9][a-z0-9.-]{0,99}):(\d{1,15})$/.exec(text) ?? [];
  return replica === undefined ? parseCount(text) : { at: Number(at), replica, seq: Number(seq) };
}

/** Not the unified id itself: it would stand in the log in the clear. */
const holderOf = async ({ keys }: AuditRoom, identity: string | undefined): Promise<object> => {
  if (identity === undefined) return {};
  return { holder: (await keys.find(identityOwner(identity)))?.holder ?? 'none' };
};

const needed = (reason: string | undefined): string => {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw new CommandLineError('personal data is shown for a reason only: give it with --reason "…"');
};

const briefly = ({ certificate, ...filter }: { certificate?: string }): string =>
  JSON.stringify({ ...filter, ...(certificate !== undefined && { certificate: 'given' }) }).slice(0, 1_000);

const linesOf = async (
  { folder, opener, replica: own }: AuditRoom,
  found: readonly IndexedEntry[],
  { open, json }: { readonly open: boolean; readonly json: boolean },
): Promise<readonly string[]> => {
  const read = await Promise.all(
    found.map(async (place) => (place.replica === own ? readEntryAt(folder, place) : undefined)),
  );
  const entries = read.map((each) => each?.entry ?? {});
  const shown = open ? await opener.open(entries) : entries;
  return found.map(({ seq, at, event, replica, code, department, service, reference }, index) => {
    const entry = shown[index];
    if (replica !== own) {
      const known = { event, code, department, service, reference };
      return json
        ? JSON.stringify({ seq, at, replica, ...known })
        : `${seq}  ${time(at)}  ${event}  ${inWords(known)}  (in the log of ${replica ?? 'nobody'})`;
    }
    if (read[index] === undefined)
      return json
        ? JSON.stringify({ seq, at, event, retired: true })
        : `${seq}  ${time(at)}  ${event}  (not in the log any more, or tampered with)`;
    return json ? JSON.stringify(entry) : `${seq}  ${time(at)}  ${event}  ${inWords(entry ?? {})}`;
  });
};

const time = (at: number): string => new Date(at).toISOString();
const OWN = new Set(['v', 'prev', 'seq', 'written', 'hash', 'event', 'at', 'verdict']);
const inWords = (entry: ReadEntry): string =>
  Object.entries(entry)
    .filter(([name, value]) => !OWN.has(name) && value !== undefined)
    .map(([name, value]) => `${name}=${name === 'sealed' ? '…' : JSON.stringify(value)}`)
    .join(' ');

interface ExportOptions {
  readonly data: string;
  readonly config?: string | undefined;
  readonly from?: number;
  readonly to?: number;
  readonly open?: boolean;
  readonly reason?: string;
  readonly format: 'jsonl' | 'csv';
  readonly output?: string;
}

export const auditExportCommand = (): Command =>
  new Command('export')
    .description('Write entries out, the oldest first; every export goes into the audit log')
    .option(...DATA)
    .option(...CONFIG)
    .option('--from <time>', 'decided at or after it', parseTime)
    .option('--to <time>', 'decided before it', parseTime)
    .option('--open', 'with personal data in the clear; needs --reason')
    .option('--reason <text>', 'why: goes into the audit log')
    .addOption(new Option('--format <format>').choices(['jsonl', 'csv']).default('jsonl'))
    .option('-o, --output <file>', 'made anew, readable by you alone; not given: standard output')
    .action(
      async ({
        data,
        config,
        from = -Infinity,
        to = Infinity,
        open = false,
        reason,
        format,
        output,
      }: ExportOptions) => {
        await withAuditRoom({ data, config }, async (room) => {
          if (open) {
            const filter = JSON.stringify({ from, to, format });
            await room.command({
              what: 'audit-export',
              actor: commandActor(),
              reason: needed(reason),
              filter,
            });
          }
          const out: Writable =
            output === undefined
              ? process.stdout
              : createWriteStream(output, { fd: openSync(output, 'wx', 0o600) });
          const feed = openAuditFeed({ folder: room.folder });
          try {
            if (format === 'csv') await write(out, `${COLUMNS.join(',')}\n`);
            for (let atEnd = false; !atEnd;) {
              const batch = await feed.next(500);
              ({ atEnd } = batch);
              const chosen = batch.entries.filter(
                ({ entry }) => Number(entry['at']) >= from && Number(entry['at']) < to,
              );
              const shown = open ? await room.opener.open(chosen.map(({ entry }) => entry)) : undefined;
              const lines = chosen.map(({ line, entry }, index) => {
                if (format === 'csv') return csvLine(shown?.[index] ?? entry);
                return shown === undefined ? line : JSON.stringify(shown[index]);
              });
              if (lines.length > 0) await write(out, `${lines.join('\n')}\n`);
            }
          } finally {
            await feed.close();
            if (output !== undefined) {
              out.end();
              await finished(out);
            }
          }
        });
      },
    );

const write = (out: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    out.write(text, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });

const COLUMNS = [
  'seq',
  'at',
  'event',
  'code',
  'outcome',
  'department',
  'service',
  'authority',
  'method',
  'path',
  'unifiedId',
  'thumbprint',
  'from',
  'reference',
  'trace',
  'actor',
  'what',
  'reason',
  'holder',
] as const;

const csvLine = (entry: ReadEntry): string =>
  COLUMNS.map((name) => cell(name === 'at' ? time(Number(entry[name])) : entry[name])).join(',');

/** RFC 4180; what a spreadsheet would take for a formula is made a text. */
const cell = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

export const auditIndexCommand = (): Command =>
  new Command('index')
    .description('Bring the index up to date; with --rebuild, make it again from the segments')
    .option(...DATA)
    .option(...CONFIG)
    .option('--rebuild', 'drop it first')
    .action(async ({ data, config, rebuild = false }: AuditPlace & { rebuild?: boolean }) => {
      await withAuditRoom({ data, config }, async (room) => {
        if (rebuild) await room.command({ what: 'audit-index', actor: commandActor() });
        process.stdout.write(`The index holds the entries up to ${(await room.index.cursor()).seq}.\n`);
      });
    });

export const auditEraseCommand = (): Command =>
  new Command('erase')
    .description("Destroy an identity's key: what entries tell of the person can never be read again")
    .option(...DATA)
    .option(...CONFIG)
    .requiredOption('--identity <unified id>')
    .requiredOption('--reason <text>', 'why: goes into the audit log')
    .requiredOption('--yes', 'it cannot be undone')
    .action(async ({ data, config, identity, reason }: AuditPlace & { identity: string; reason: string }) => {
      if (!/^[\w-]{1,64}$/.test(identity)) throw new CommandLineError('--identity: this is no unified id');
      await withAuditRoom({ data, config }, async (room) => {
        const { done } = await room.command({
          what: 'audit-erase',
          actor: commandActor(),
          reason: needed(reason),
          unifiedId: identity,
        });
        process.stdout.write(
          done ? 'The key is destroyed.\n' : 'There is no key for this identity: nothing of it is sealed.\n',
        );
        process.exitCode = done ? EXIT.ok : EXIT.no;
      });
    });

function parseTime(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('expected a date or time as in ISO 8601.');
  return at;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || (count > 100_000 && text.length > 15))
    throw new InvalidArgumentError('expected a number above 0.');
  return count;
}
