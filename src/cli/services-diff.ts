import { digestOf } from '../changes/digest.ts';
import { readFileDocuments } from '../server/file-documents.ts';
import { withChangeRoom } from './change-room.ts';
import { EXIT } from './exit-codes.ts';
import { printDiff } from './print-diff.ts';

/** From the files to what is in force: what a file would have to become. */
export const servicesDiff = (config: string): Promise<void> =>
  withChangeRoom(config, async ({ folder, settings, store }) => {
    const written = new Map(
      readFileDocuments(folder, settings)
        .filter(({ kind }) => kind === 'department')
        .map((each) => [each.name, each]),
    );
    const inForce = new Map((await store.listCurrent('department')).map((each) => [each.name, each]));
    let same = true;
    for (const name of [...new Set([...written.keys(), ...inForce.keys()])].sort()) {
      const [file, version] = [written.get(name), inForce.get(name)];
      if (digestOf(file?.files ?? []) === digestOf(version?.files ?? [])) continue;
      same = false;
      const what =
        version === undefined
          ? 'not in force'
          : `version ${version.version} (${version.origin}) is in force${file === undefined ? ', and there is no file' : ''}`;
      process.stdout.write(`${name}: ${what}\n${printDiff(file?.files ?? [], version?.files ?? [])}`);
    }
    process.exitCode = same ? EXIT.ok : EXIT.no;
  });
