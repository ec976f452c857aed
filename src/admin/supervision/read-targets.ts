import { parse, stringify } from 'yaml';
import type { DocumentFile, DocumentKey } from '../../changes/document.ts';
import { targetsSchema, type Targets } from '../../services/targets.ts';
import type { AdminParts } from '../admin-parts.ts';

const FILE = 'targets.yaml';

export const targetsKey = (year: number): DocumentKey => ({ kind: 'targets', name: String(year) });

export interface KeptTargets {
  /** Undefined where none are set for the year. */
  readonly targets: Targets | undefined;
  /** 0 where there never were any. */
  readonly version: number;
}

/** Targets in force for a year. A version that an earlier schema took and this one does not is a defect. */
export const readTargets = async (
  { changes }: Pick<AdminParts, 'changes'>,
  year: number,
): Promise<KeptTargets> => {
  const current = await changes.store.current(targetsKey(year));
  const file = current?.files.find(({ path }) => path === FILE);
  return {
    targets: file && targetsSchema.parse(parse(file.content.toString('utf8'))),
    version: current?.version ?? 0,
  };
};

export const targetsFiles = (targets: Targets): readonly DocumentFile[] => [
  { path: FILE, content: Buffer.from(stringify(targets)) },
];
