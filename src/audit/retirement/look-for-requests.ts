import { existsSync } from 'node:fs';
import type { AuditEntry } from '../entry.ts';
import { requestPath } from './request-path.ts';

/** How often is looked whether somebody asks for segments to be retired. */
const LOOK_MS = 250;

export interface RequestLook {
  readonly folder: string;
  /** Number of the segment being written. */
  readonly segment: () => number;
  /** Records an entry; resolves when it is on the disk. */
  readonly record: (entry: AuditEntry) => Promise<void>;
  readonly onRetired: (segments: number) => void;
  readonly onFailure: (error: Error) => void;
}

/** Gives what ends it: resolves when nothing is being retired any more. */
export const lookForRequests = ({
  folder,
  segment,
  record,
  onRetired,
  onFailure,
}: RequestLook): (() => Promise<void>) => {
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      const { carryOutRetirement } = await import('./carry-out.ts');
      const retired = await carryOutRetirement({ folder, segment, record });
      if (retired !== undefined) onRetired(retired);
    } catch (error) {
      onFailure(error as Error);
    } finally {
      looking = undefined;
    }
  };
  const timer = setInterval(() => {
    if (existsSync(requestPath(folder))) looking ??= look();
  }, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
};
