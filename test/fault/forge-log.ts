import { appendFileSync } from 'node:fs';
import { openCheckpointer } from '../../src/audit/checkpoint/checkpointer.ts';
import { readCheckpointsEnd } from '../../src/audit/checkpoint/checkpoints-file.ts';
import type { NoteSigner } from '../../src/audit/checkpoint/note.ts';
import { chainLine } from '../../src/audit/line.ts';
import { recoverLog } from '../../src/audit/recover-log.ts';
import { segmentPath } from '../../src/audit/segment-files.ts';
import { recoverTree } from '../../src/audit/tree/recover-tree.ts';
import { openTreeWriter } from '../../src/audit/tree/tree-writer.ts';

/**
 * What somebody can do who writes the folder himself: entries with right hashes, stored hashes that fit, and a checkpoint
 * of all of it by whatever keys he has.
 */
export const forge = async (
  folder: string,
  origin: string,
  entries: readonly object[],
  signers: readonly NoteSigner[],
): Promise<void> => {
  const log = await recoverLog(folder);
  const found = await recoverTree(folder, log);
  let { head } = log;
  let text = '';
  for (const entry of entries) {
    const chained = chainLine(head, Date.now(), JSON.stringify(entry));
    head = chained.head;
    text += `${chained.line}\n`;
  }
  appendFileSync(segmentPath(folder, log.segment), text);
  const { segment } = log;
  const tree = openTreeWriter({ folder, segment, size: found.size, edge: found.edge });
  tree.add(Buffer.from(text), segment);
  tree.syncNow();
  if (signers.length > 0) {
    let kept = false;
    const checkpointer = openCheckpointer({
      folder,
      origin,
      signers,
      everyMs: 0,
      tree,
      size: (await readCheckpointsEnd(folder)).size,
      latest: undefined,
      onCheckpoint: () => {
        kept = true;
      },
      onFailure: () => undefined,
    });
    checkpointer.signNow(tree.state());
    checkpointer.close();
    if (!kept) throw new Error('the forged checkpoint could not be written');
  }
  tree.close();
};
