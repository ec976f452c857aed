import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withChangeRoom } from './change-room.ts';
import { CommandLineError } from './failure.ts';
import { writeWhole } from './write-whole.ts';

export const servicesExport = (
  department: string | undefined,
  { config, out }: { readonly config: string; readonly out?: string },
): Promise<void> =>
  withChangeRoom(config, async ({ store }) => {
    if (department === undefined && out === undefined) {
      throw new CommandLineError('give the department to be printed, or --out for a folder that gets all');
    }
    const inForce = await store.listCurrent('department');
    const wanted = inForce.filter(({ name }) => department === undefined || name === department);
    if (department !== undefined && wanted.length === 0) {
      throw new CommandLineError(
        `no department "${department}" is in force (there are: ${inForce.map(({ name }) => name).join(', ')})`,
      );
    }
    if (out !== undefined) mkdirSync(out, { recursive: true });
    for (const { name, version, files } of wanted) {
      const content = files[0]?.content ?? Buffer.alloc(0);
      if (out === undefined) process.stdout.write(content);
      else {
        const file = join(out, `${name}.yaml`);
        writeWhole(file, content);
        process.stdout.write(`${file}  version ${version}\n`);
      }
    }
  });
