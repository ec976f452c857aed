import type { ReadEntry } from '../seal-entry.ts';

export interface ExportedEntry {
  readonly seq: number;
  readonly entry: ReadEntry;
  /** What is sent of it: the log's line, or its opened form. */
  readonly text: string;
}

/** Where entries are sent. After a rejection everything since the last confirm() is sent again. */
export interface ExportTarget {
  /** Resolves when more can be taken. */
  send(entries: readonly ExportedEntry[]): Promise<void>;
  /** Resolves when everything sent has arrived, as far as that can be known. */
  confirm(): Promise<void>;
  close(): Promise<void>;
}

export type ExportSettings =
  | {
      readonly name: string;
      readonly kind: 'syslog';
      readonly host: string;
      readonly port: number;
      /** PEM: whom the receiver's certificate is of. */
      readonly authority: string;
      /** PEM: what the gateway presents. */
      readonly certificate?: string | undefined;
      readonly key?: string | undefined;
      /** Name in the receiver's certificate; default: host. */
      readonly servername?: string | undefined;
      readonly opened: boolean;
    }
  | {
      readonly name: string;
      readonly kind: 'file';
      readonly path: string;
      readonly opened: boolean;
    };
