import type { DocumentFile } from '../../../src/changes/document.ts';
import { forbiddenNames } from '../../../src/server/forbidden-names.ts';

const file = (text: string, path = 'department.yaml'): DocumentFile => ({ path, content: Buffer.from(text) });
const issuesOf = (text: string, already: readonly string[] = [], open: readonly string[] = []) =>
  forbiddenNames(
    { kind: 'department', name: 'tax', files: [file(text)] },
    already.map((each) => [file(each)]),
    open,
  );

describe('names of the environment in documents', () => {
  it('are refused with their place, also behind defaults, escapes and in keys', () => {
    expect(issuesOf('a: 1\nurl: "https://x/${ONECERT_POSTGRES}"\n')).toMatchObject([
      {
        file: 'department.yaml',
        line: 2,
        column: 6,
        message: expect.stringContaining('ONECERT_POSTGRES') as string,
      },
    ]);
    expect(issuesOf('a: ${ONECERT_REDIS:-x}\n')).toHaveLength(1);
    expect(issuesOf('a: "\\x24{ONECERT_REDIS}"\n')).toHaveLength(1);
    expect(issuesOf('${ONECERT_REDIS}: a\n')).toHaveLength(1);
    expect(issuesOf('a: ["x${PATH}y${HOME}"]\n')).toHaveLength(2);
  });

  it('may be those that the document reads already, or that are open to all', () => {
    const text = 'port: ${ONECERT_TAX_PORT:-8461}\n';
    expect(issuesOf(text)).toHaveLength(1);
    expect(issuesOf(text, ['other: x${ONECERT_TAX_PORT}\n'])).toEqual([]);
    expect(issuesOf(text, ['# ${ONECERT_TAX_PORT}\n'])).toHaveLength(1);
    expect(issuesOf(text, [], ['ONECERT_TAX_PORT'])).toEqual([]);
  });

  it('are nothing in a comment, in files that are no YAML, or in text that cannot be read', () => {
    expect(issuesOf('# ${ONECERT_POSTGRES}\na: 1\n')).toEqual([]);
    expect(issuesOf('a: [${ONECERT_POSTGRES}\n')).toEqual([]);
    const files = [file('${ONECERT_POSTGRES}', 'zhujiang/root.pem')];
    expect(forbiddenNames({ kind: 'trust-list', name: 'city', files }, [], [])).toEqual([]);
  });
});
