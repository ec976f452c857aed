import { parse, stringify } from 'yaml';
import { ONLY_DOCUMENT, type DocumentFile } from '../../changes/document.ts';
import type { Service } from '../../services/enrolment.ts';
import { createDirectory } from '../../services/directory.ts';
import { guideSchema, plainGuide, type Guide } from '../../services/guide.ts';
import type { AdminParts } from '../admin-parts.ts';

export const GUIDE_KEY = { kind: 'guide', name: ONLY_DOCUMENT } as const;
const FILE = 'guide.yaml';

export interface KeptGuide {
  readonly guide: Guide;
  /** 0 where nobody has written one yet. */
  readonly version: number;
}

/** The guide in force. A version that an earlier schema took and this one does not is a defect. */
export const readGuide = async ({
  changes,
  portal,
}: Pick<AdminParts, 'changes' | 'portal'>): Promise<KeptGuide> => {
  const current = await changes.store.current(GUIDE_KEY);
  const file = current?.files.find(({ path }) => path === FILE);
  if (current === undefined || file === undefined) {
    return { guide: plainGuide(new Date(portal.clock()).getUTCFullYear()), version: current?.version ?? 0 };
  }
  return { guide: guideSchema.parse(parse(file.content.toString('utf8'))), version: current.version };
};

export const guideFiles = (guide: Guide): readonly DocumentFile[] => [
  { path: FILE, content: Buffer.from(stringify(guide)) },
];

export const enrolledServices = ({ departments }: Pick<AdminParts, 'departments'>): readonly Service[] =>
  createDirectory(departments()).services;
