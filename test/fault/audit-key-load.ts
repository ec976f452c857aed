import { latestCheckpoint, readVerifierKeys } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { logSigners } from '../../src/audit/checkpoint/start-signing.ts';
import { startAuditWriter } from '../../src/audit/writer.ts';
import { openKeyRing } from '../../src/storage/key-ring.ts';
import { call, record } from '../unit/audit/written-log.ts';

/**
 * Records without end, and changes the key all the while, as `onecert keys` does: `folder keys`. Says "begun", and each
 * version that has come into use.
 */
const [folder = '', keyFolder = ''] = process.argv.slice(2);
const origin = 'gateway.example/audit/one';
const ring = openKeyRing(keyFolder);
const versions = () => ring.versions('audit.key');
const writer = await startAuditWriter({
  folder,
  segmentBytes: 20_000,
  checkpoints: { origin, keys: versions(), everyMs: 0 },
});
process.stdout.write('begun\n');

const isAnnounced = async (): Promise<boolean> => {
  const noted = (await readVerifierKeys(folder)).map(({ text }) => text);
  const [newest] = logSigners(origin, versions().slice(-1));
  if (newest === undefined || !noted.includes(newest.verifierKey.text)) return false;
  const latest = await latestCheckpoint(folder);
  return latest?.note.signatures.some(({ id }) => id === newest.verifierKey.id) === true;
};
const load = async (first: number): Promise<never> => {
  for (let number = first; ; number += 2) await record(writer.sink, call(number), 'synced');
};
const changes = async (): Promise<never> => {
  for (;;) {
    while (!(await isAnnounced())) await new Promise((resolve) => setTimeout(resolve, 1));
    process.stdout.write(`${versions().at(-1)?.version ?? 0}\n`);
    for (const { version } of versions().slice(0, -1)) ring.retire('audit.key', version);
    writer.useKeys(versions());
    ring.rotate('audit.key', 0);
    writer.useKeys(versions());
  }
};
await Promise.all([load(1), load(2), changes()]);
