import { Command, InvalidArgumentError, Option } from 'commander';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import { slug } from '../configuration/units.ts';
import type { AuthorityDraft } from '../trust/import/authority-draft.ts';
import { importEtsi } from '../trust/import/import-etsi.ts';
import { importPem } from '../trust/import/import-pem.ts';
import { readEtsiList, type EtsiList } from '../trust/import/read-etsi-list.ts';
import { XmlError } from '../trust/import/read-xml.ts';
import { writeDrafts } from '../trust/import/write-drafts.ts';

const BYTES = 32 * 1024 * 1024;

interface Options {
  readonly pem?: string;
  readonly etsi?: string;
  readonly out: string;
  readonly authority?: string;
}

export const trustImportCommand = (): Command =>
  new Command('import')
    .description('Make drafts of authorities from a PEM bundle or an ETSI TS 119 612 trusted list')
    .addOption(new Option('--pem <file>', 'a bundle of anchors and intermediates').conflicts('etsi'))
    .addOption(new Option('--etsi <file>', 'a trusted list (XML)').conflicts(['pem', 'authority']))
    .option('-o, --out <folder>', 'folder of the trust list that gets them', 'ca-trust')
    .option('-a, --authority <name>', 'with --pem: one authority of this name for all', parseSlug)
    .action(({ pem, etsi, out, authority }: Options, command: Command) => {
      if (pem !== undefined) {
        const file = resolve(pem);
        finish(importPem(readBounded(file), file, authority), [], out);
      } else if (etsi !== undefined) {
        importList(resolve(etsi), out);
      } else {
        command.error('error: give --pem or --etsi');
      }
    });

const importList = (file: string, out: string): void => {
  const bytes = readBounded(file);
  const refuse = (line: number, message: string): never => {
    throw new ConfigurationError([{ file, line, column: 1, path: '', message }]);
  };
  let list: EtsiList;
  try {
    list = readEtsiList(bytes);
  } catch (error) {
    return refuse(error instanceof XmlError ? error.line : 1, (error as Error).message);
  }
  const now = Date.now();
  if (list.nextUpdate === undefined) return refuse(1, 'a closed list: its operator has ended it');
  if (Date.parse(list.nextUpdate) <= now) {
    return refuse(1, `the list was to be renewed by ${list.nextUpdate}: fetch the current one`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { drafts, leftOut } = importEtsi(list, `${basename(file)} (SHA-256 ${sha256})`, now);
  if (drafts.length === 0) {
    const lists = list.pointers.length === 0 ? '' : `; it points to other lists: ${list.pointers.join(' ')}`;
    return refuse(1, `no CA/QC service that could be imported${lists}\n${leftOut.join('\n')}`.trim());
  }
  finish(drafts, leftOut, out);
  process.stdout.write(
    [
      '',
      "THE LIST'S SIGNATURE (XAdES) WAS NOT VERIFIED. Before any of these authorities comes into force, compare",
      `  SHA-256 ${sha256}`,
      'with the digest that the operator of the list publishes, or verify the list with a tool that knows XAdES.',
      '',
    ].join('\n'),
  );
};

const finish = (drafts: readonly AuthorityDraft[], leftOut: readonly string[], out: string): void => {
  writeDrafts(drafts, resolve(out));
  const lines = [
    ...drafts.map(
      ({ authority, status, anchors, intermediates }) =>
        `${out}/${authority}  [${status}]  ${anchors.length} anchors, ${intermediates.length} intermediates`,
    ),
    ...leftOut.map((why) => `left out: ${why}`),
    'Drafts are not in force: read each authority.yaml, set its status, then run: onecert trust check',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

const readBounded = (file: string): Buffer => {
  try {
    if (statSync(file).size > BYTES) throw new Error(`larger than ${BYTES} bytes`);
    return readFileSync(file);
  } catch (cause) {
    const issue = { file, line: 1, column: 1, path: '', message: (cause as Error).message };
    throw new ConfigurationError([issue], { cause });
  }
};

const parseSlug = (text: string): string => {
  const read = slug.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('expected lower-case letters, digits and hyphens');
  return read.data;
};
