import fc from 'fast-check';
import { changeService, readWritten } from '../../../src/admin/services/edit-department.ts';
import { mergeLines } from '../../../src/admin/services/merge-lines.ts';

const OWN = `# the tax bureau
department: tax   # who
name: {zh: 税务局, en: Tax Bureau}
services:
  - service: joint-tax   # the audience
    path: /joint-tax
    subjects: [enterprise,citizen]

    claims: # besides the pairwise id
      - claim: name
        purpose: {zh: 核对, en: to check}
      - kind
    backends: ['http://10.1.2.3:80']  # one
`;
const merge = (own: string, plain: string, changed: string): string =>
  mergeLines(own.split('\n'), plain.split('\n'), changed.split('\n')).join('\n');

describe('carrying changes over to text as somebody wrote it', () => {
  it('leaves spaces and comments where nothing changes', () => {
    const own = 'a: [1,2]  # x\nb: # y\n  - 1\nc: 3';
    const plain = 'a: [ 1, 2 ] # x\nb:\n  # y\n  - 1\nc: 3';
    expect(merge(own, plain, plain)).toBe(own);
    expect(merge(own, plain, plain.replace('c: 3', 'c: 4\nd: 5'))).toBe(`${own.slice(0, -1)}4\nd: 5`);
    expect(merge(own, plain, `z: 0\n${plain}`)).toBe(`z: 0\n${own}`);
    expect(merge(own, plain, plain.replace('  - 1\n', '  - 1\n  - 2\n'))).toBe(
      own.replace('  - 1\n', '  - 1\n  - 2\n'),
    );
    expect(merge(own, plain, plain.replace('a: [ 1, 2 ] # x\n', ''))).toBe(
      own.replace('a: [1,2]  # x\n', ''),
    );
  });

  it('takes what changes together with what stands in other lines', () => {
    const own = 'b: # y\n  - 1\nc: 3';
    const plain = 'b:\n  # y\n  - 1\nc: 3';
    expect(merge(own, plain, plain.replace('# y', '# z'))).toBe('b:\n  # z\n  - 1\nc: 3');
    expect(merge(own, plain, 'c: 3')).toBe('c: 3');
  });

  it('is the changed text where both texts are the same', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ' e'), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (plain, changed) => {
        expect(mergeLines(plain, plain, changed)).toEqual(changed);
      }),
    );
  });

  it('is the own text where nothing changes, and holds every new line, whatever stands where', () => {
    const lines = fc.array(fc.constantFrom<string>('a', 'b', ' b', 'c ', '# c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(
        lines,
        lines,
        fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
        fc.nat(12),
        (own, plain, added, at) => {
          expect(mergeLines(own, plain, plain)).toEqual(own);
          const merged = mergeLines(own, plain, plain.toSpliced(at, 0, ...added));
          expect(merged.filter((line) => line === 'x' || line === 'y')).toEqual(added);
        },
      ),
    );
  });

  it('changes of a department file what was changed, and no other line of it', () => {
    const before = readWritten(OWN)?.services[0] ?? {};
    const after = { ...before, path: '/tax', claims: ['kind'] };
    const changed = changeService(OWN, 0, before, after);
    expect(changed).toBe(
      OWN.replace('path: /joint-tax', 'path: /tax').replace(/ {6}- claim: name\n.*\n/, ''),
    );
    expect(readWritten(changed)?.services[0]).toEqual(after);
  });
});
