import type { ExporterStats } from './export/exporter.ts';
import type { ExportSettings } from './export/export-target.ts';
import type { SharedAuditStores } from './open-stores.ts';

/** What the follower thread is born with. */
export interface FollowerStart {
  /** Folder of the log. */
  readonly folder: string;
  /** Data folder: index, keys of entries, cursors of exports. */
  readonly data: string;
  /** Folder of the key ring. */
  readonly keyFolder: string;
  readonly exports: readonly ExportSettings[];
  /** Where keys and index are shared. */
  readonly shared?: SharedAuditStores | undefined;
}

export type FollowerOrder =
  /** Entries up to this number have been taken by the log. */
  | { readonly upTo: number }
  | { readonly forget: string; readonly ask: number }
  | { readonly rebuild: true; readonly ask: number }
  | { readonly close: true };

export type FollowerReport =
  | { readonly ready: true }
  | { readonly failed: string }
  | { readonly seq: number; readonly exports: readonly ExporterStats[] }
  | { readonly answer: number; readonly error?: string }
  | {
      readonly level: 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Record<string, unknown>;
    }
  | { readonly closed: true };
