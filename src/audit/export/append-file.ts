import { open, type FileHandle } from 'node:fs/promises';
import type { ExportSettings, ExportTarget } from './export-target.ts';

/** Lines added to a file, fsynced. It is opened anew after each confirm(), so that it can be moved away. */
export const openAppendFile = ({ path }: Extract<ExportSettings, { kind: 'file' }>): ExportTarget => {
  let file: FileHandle | undefined;
  const opened = async (): Promise<FileHandle> => {
    if (file !== undefined) return file;
    const handle = await open(path, 'a+', 0o600);
    const { size } = await handle.stat();
    if (size > 0) {
      const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
      // Half a line, of a write that failed: what follows is a line of its own.
      if (buffer[0] !== 0x0a) await handle.write('\n');
    }
    file = handle;
    return handle;
  };
  const release = async (): Promise<void> => {
    const handle = file;
    file = undefined;
    await handle?.close();
  };
  return {
    send: async (entries) => {
      try {
        await (await opened()).appendFile(entries.map(({ text }) => `${text}\n`).join(''));
      } catch (error) {
        await release();
        throw error;
      }
    },
    confirm: async () => {
      await file?.datasync();
      await release();
    },
    close: release,
  };
};
