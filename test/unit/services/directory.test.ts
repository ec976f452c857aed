import { createDirectory, opensOperation } from '../../../src/services/directory.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';

const name = { zh: '税务局', en: 'Tax bureau' };
const service = (id: string, path: string, more: object = {}) => ({
  service: id,
  name,
  path,
  subjects: ['enterprise'],
  backends: ['http://127.0.0.1:1'],
  ...more,
});
const department = departmentSchema.parse({
  department: 'tax',
  name,
  services: [
    service('tax-root', '/tax'),
    service('joint-tax', '/tax/joint', {
      operations: [
        { methods: ['GET'], path: '/' },
        { methods: ['POST'], path: '/applications' },
        { methods: ['GET'], path: '/applications/*/files/**' },
      ],
    }),
  ],
});
const directory = createDirectory([department]);

describe('the directory of services', () => {
  it.each([
    ['/tax', 'tax-root'],
    ['/tax/', 'tax-root'],
    ['/tax/other/x', 'tax-root'],
    ['/tax/joint', 'joint-tax'],
    ['/tax/joint/a/b', 'joint-tax'],
    ['/tax/jointly', 'tax-root'],
  ])('finds the longest path on whole segments: %s', (path, expected) => {
    expect(directory.find(path)?.service).toBe(expected);
  });

  it.each(['/', '', '/taxes', '/ta', 'tax', '/other/tax'])('finds nothing for %j', (path) => {
    expect(directory.find(path)).toBeUndefined();
  });

  it.each([
    ['GET', '/tax/joint', true],
    ['GET', '/tax/joint/', true],
    ['POST', '/tax/joint', false],
    ['POST', '/tax/joint/applications', true],
    ['POST', '/tax/joint/applications/7', false],
    ['GET', '/tax/joint/applications/7/files', true],
    ['GET', '/tax/joint/applications/7/files/a/b', true],
    ['GET', '/tax/joint/applications/files', false],
    ['DELETE', '/tax/joint/applications/7/files/a', false],
  ])('opens only what is enrolled: %s %s %s', (method, path, open) => {
    const joint = directory.find('/tax/joint');
    expect(joint && opensOperation(joint, method, path)).toBe(open);
  });

  it('refuses enrolments with ambiguous paths', () => {
    for (const path of ['tax', '/tax/', '/a//b', '/a/../b', '/%74ax', '/']) {
      expect(
        departmentSchema.safeParse({ department: 'tax', name, services: [service('a', path)] }).success,
      ).toBe(false);
    }
  });
});
