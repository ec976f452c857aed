import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '../../configuration/configuration-error.ts';
import { authorityKey } from '../../path/authority-standing.ts';
import { loadTrustList } from '../load-trust-list.ts';
import { readTrustFolder } from '../trust-folder.ts';
import { filesOf, type AuthorityDraft } from './authority-draft.ts';

/**
 * Writes drafts into a trust list's folder, each a folder of its own, all or none: what is there is never changed.
 *
 * @throws ConfigurationError when the list that is there is not right, or has an authority or a key of a draft already
 */
export const writeDrafts = (drafts: readonly AuthorityDraft[], folder: string): void => {
  refuseConflicts(drafts, folder);
  mkdirSync(folder, { recursive: true });
  // Hidden while it is being written, so that a gateway that watches the folder sees whole authorities only.
  const unfinished = join(folder, `.import-${process.pid}`);
  try {
    for (const draft of drafts) {
      for (const [path, text] of filesOf(draft)) {
        const file = join(unfinished, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    }
    for (const { authority } of drafts) renameSync(join(unfinished, authority), join(folder, authority));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
};

const refuseConflicts = (drafts: readonly AuthorityDraft[], folder: string): void => {
  const keys = new Map<string, string>();
  if (existsSync(folder) && readTrustFolder(folder).authorities.length > 0) {
    for (const { settings, anchors, intermediates } of loadTrustList(folder, 1).authorities.values()) {
      for (const each of [...anchors, ...intermediates]) keys.set(authorityKey(each), settings.authority);
    }
  }
  const messages = drafts.flatMap(({ authority, anchors, intermediates }) => [
    ...(existsSync(join(folder, authority))
      ? [[authority, 'there is such an authority already; give another name or another folder'] as const]
      : []),
    ...[...anchors, ...intermediates].flatMap((each) => {
      const owner = keys.get(authorityKey(each));
      return owner === undefined
        ? []
        : [
            [
              authority,
              `the key of sha256:${each.fingerprint} belongs to the authority "${owner}" already`,
            ] as const,
          ];
    }),
  ]);
  if (messages.length === 0) return;
  throw new ConfigurationError(
    messages.map(([authority, message]) => ({
      file: join(folder, authority),
      line: 1,
      column: 1,
      path: '',
      message,
    })),
  );
};
