import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Whole or not at all: a gateway may be watching. */
export const writeWhole = (file: string, content: Buffer): void => {
  const draft = `${file}.${process.pid}.new`;
  try {
    writeFileSync(draft, content, { flush: true });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
};
