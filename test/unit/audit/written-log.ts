import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry, AuditSink, Durability } from '../../../src/audit/entry.ts';
import type { LogKey } from '../../../src/audit/writer-protocol.ts';
import { startAuditWriter, type AuditWriterOptions } from '../../../src/audit/writer.ts';

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'onecert-audit-'));

export const call = (number: number): AuditEntry => ({
  event: 'call',
  at: 1_700_000_000_000 + number,
  reference: `call-${number}`,
  service: 'school-enrolment',
});

/** Versions of the key that signs checkpoints: the first is 0. */
export const logKeys = (...pems: string[]): LogKey[] =>
  pems.map((pem, version) => ({ version, key: Buffer.from(pem) }));

/** Records one entry and resolves when it is acknowledged. */
export const record = (sink: AuditSink, entry: AuditEntry, durability: Durability = 'written') =>
  new Promise<void>((resolve, reject) => {
    sink.record(entry, durability, (error) => (error === undefined ? resolve() : reject(error)));
  });

/** A log of `count` entries in small segments, written and closed. */
export const writeLog = async (count: number, options: Partial<AuditWriterOptions> = {}): Promise<string> => {
  const folder = options.folder ?? newFolder();
  const writer = await startAuditWriter({ folder, ...options });
  // A turn of its own for each handful, so that there are several groups and segments can change in between.
  for (let first = 1; first <= count; first += 5) {
    const numbers = Array.from({ length: Math.min(5, count - first + 1) }, (_, index) => first + index);
    await Promise.all(numbers.map((number) => record(writer.sink, call(number))));
  }
  await writer.close();
  return folder;
};

export const segmentsOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => join(folder, name));

export const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

export const writeLines = (file: string, lines: readonly string[]): void =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));

export const entriesOf = (folder: string): Record<string, unknown>[] =>
  segmentsOf(folder)
    .flatMap(linesOf)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
