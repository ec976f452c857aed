import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { auditCommandSchema, type AuditCommand, type AuditCommandResult } from './audit-commands.ts';

/**
 * How a command reaches the gateway, which alone writes its log: a file in a folder of the data folder, which only the
 * gateway's user can enter. `ID.json` asks, `ID.answer` answers; who asks takes both away.
 */
const answerSchema = z.union([z.strictObject({ done: z.boolean() }), z.strictObject({ failed: z.string() })]);

const MAX_BYTES = 16_384;
const ASKED = /^([\w-]{22})\.json$/;

export const commandFolder = (data: string): string => join(data, 'audit-commands');

/** Rejects with an Error where nobody answers in time; the command may still be done after that. */
export const askGateway = async (
  folder: string,
  command: AuditCommand,
  withinMs = 15_000,
): Promise<AuditCommandResult> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const id = randomBytes(16).toString('base64url');
  const [asked, answer] = [join(folder, `${id}.json`), join(folder, `${id}.answer`)];
  await put(asked, command);
  try {
    for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
      const text = await readFile(answer, 'utf8').catch(() => undefined);
      if (text === undefined) {
        await wait(50);
        continue;
      }
      const given = answerSchema.parse(JSON.parse(text));
      if ('failed' in given) throw new Error(given.failed);
      return given;
    }
    throw new Error('the gateway does not answer: nothing was recorded, so nothing is shown or done');
  } finally {
    await rm(asked, { force: true });
    await rm(answer, { force: true });
  }
};

/** Looks for commands until it is closed. */
export const serveCommands = (
  folder: string,
  handle: (command: AuditCommand) => Promise<AuditCommandResult>,
  { everyMs = 200, log = () => undefined }: { everyMs?: number; log?: (error: unknown) => void } = {},
): { close(): Promise<void> } => {
  let closed = false;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const name of await readdir(folder)) {
      const [, id] = ASKED.exec(name) ?? [];
      if (id === undefined || closed) continue;
      const file = join(folder, name);
      const answer = await answerTo(file, handle).catch((error: unknown) => ({
        failed: (error as Error).message.slice(0, 500),
      }));
      await rm(file, { force: true });
      await put(join(folder, `${id}.answer`), answer);
    }
  };
  const begun = mkdir(folder, { recursive: true, mode: 0o700 });
  const turn = async (): Promise<void> => {
    await begun;
    await look().catch(log);
    if (!closed) timer = setTimeout(again, everyMs);
  };
  const again = (): void => {
    looking = turn().catch(log);
  };
  let timer = setTimeout(again, 0);
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await looking;
    },
  };
};

const answerTo = async (
  file: string,
  handle: (command: AuditCommand) => Promise<AuditCommandResult>,
): Promise<AuditCommandResult> => {
  const found = await lstat(file);
  const own = process.getuid?.();
  if (!found.isFile() || found.size > MAX_BYTES) throw new Error('this is no command');
  if (own !== undefined && found.uid !== own && found.uid !== 0)
    throw new Error("a command of somebody who is not the gateway's user");
  const parsed = auditCommandSchema.safeParse(parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return handle(parsed.data);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Whole or not at all. */
const put = async (file: string, value: unknown): Promise<void> => {
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
  const handle = await open(draft, 'r');
  await handle.sync().finally(() => handle.close());
  await rename(draft, file);
};
