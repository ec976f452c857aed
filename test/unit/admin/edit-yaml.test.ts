import { parse } from 'yaml';
import { addItem, removeItem, removeKey, setKey } from '../../../src/admin/edit-yaml.ts';

const TEXT = `# yaml-language-server: x
authority: yuean # the folder
anchors:
  - \${DATA:-../x}/root.crt # first
  - other.crt

# about revocation
revocation: # strict
  order: [crl, ocsp]
  crl:
    urls: # fetched
      - http://x/a.crl
flow: [a, b] # two
empty: []
`;

describe('YAML is changed where it is said, and nowhere else', () => {
  it.each([
    ['a new key', setKey(TEXT, 'status', 'withdrawn'), `${TEXT}status: withdrawn\n`],
    ['a value', setKey(TEXT, 'authority', 'y: z'), TEXT.replace('authority: yuean #', 'authority: "y: z" #')],
    [
      'a new item',
      addItem(TEXT, 'anchors', 'new.crt'),
      TEXT.replace('- other.crt\n', '- other.crt\n  - new.crt\n'),
    ],
    ['an item in brackets', addItem(TEXT, 'flow', 'c'), TEXT.replace('[a, b]', '[a, b, c]')],
    [
      'the first item',
      addItem(TEXT, 'empty', { role: 'auditor', n: 1 }),
      TEXT.replace('empty: []', 'empty:\n  - { role: auditor, n: 1 }'),
    ],
    ['a new list', addItem(TEXT, 'more', 'x'), `${TEXT}more:\n  - x\n`],
    [
      'an item taken out',
      removeItem(TEXT, 'anchors', 0),
      TEXT.replace('  - ${DATA:-../x}/root.crt # first\n', ''),
    ],
    ['the last item taken out', removeItem(TEXT, 'anchors', 1), TEXT.replace('  - other.crt\n', '')],
    ['an item in brackets taken out', removeItem(TEXT, 'flow', 0), TEXT.replace('[a, b]', '[b]')],
    ['the last in brackets taken out', removeItem(TEXT, 'flow', 1), TEXT.replace('[a, b]', '[a]')],
    ['a key taken out', removeKey(TEXT, 'authority'), TEXT.replace('authority: yuean # the folder\n', '')],
    [
      'a key with all below it taken out',
      removeKey(TEXT, 'revocation'),
      TEXT.replace(/revocation:[\s\S]*?a\.crl\n/, ''),
    ],
    ['a key that is not there', removeKey(TEXT, 'nothing'), TEXT],
    ['no line end', setKey('a: 1', 'b', 2), 'a: 1\nb: 2\n'],
    ['nothing at all', addItem('', 'roles', 'x'), 'roles:\n  - x\n'],
  ])('%s', (_what, made, expected) => {
    expect(made).toBe(expected);
    expect(() => parse(made ?? '') as unknown).not.toThrow();
  });

  it('is empty, not null, when its only item is gone', () => {
    const left = removeItem('roles: # who\n  - { role: x } # one\n# end\n', 'roles', 0);
    expect(parse(left ?? '')).toEqual({ roles: [] });
    expect(left).toContain('# end');
  });

  it('is not touched where there is no such item, or it is no block map', () => {
    expect(removeItem(TEXT, 'anchors', 2)).toBeUndefined();
    expect(removeItem(TEXT, 'none', 0)).toBeUndefined();
    expect(() => setKey('{ a: 1 }', 'a', 2)).toThrow('block map');
    expect(() => setKey('a: [', 'a', 2)).toThrow('block map');
  });
});
