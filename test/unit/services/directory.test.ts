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

  it.each(['/tax/Joint', '/tax/JOINT/applications', '/tax/joint;v=1', '/tax/Joint;v=1', '/Tax/joint'])(
    'finds nothing where a back end could take it for another service: %s',
    (path) => {
      expect(directory.find(path)).toBeUndefined();
    },
  );

  it.each([
    ['/tax/Other', 'tax-root'],
    ['/tax/other;v=1', 'tax-root'],
    ['/tax/joint/A;v=1', 'joint-tax'],
  ])('leaves case and parameters below a service to it: %s', (path, expected) => {
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

  const isAccepted = (path: string, more: object = {}): boolean =>
    departmentSchema.safeParse({ department: 'tax', name, services: [service('any-service', path, more)] })
      .success;

  it('refuses enrolments with ambiguous paths', () => {
    for (const path of ['tax', '/tax/', '/a//b', '/a/../b', '/%74ax', '/']) {
      expect(isAccepted(path)).toBe(false);
    }
  });

  it.each(['/.well-known', '/.well-known/jwks.json', '/.Well-Known/x'])(
    'refuses enrolments of what the gateway answers itself: %s',
    (path) => {
      expect(isAccepted(path)).toBe(false);
    },
  );

  it.each(['/**/a', '/a*', '/a/**b', '/***', '/a//b', '/a/'])(
    'refuses operations that would silently never match: %s',
    (path) => {
      expect(isAccepted('/a', { operations: [{ methods: ['GET'], path }] })).toBe(false);
    },
  );

  it.each(['/', '/*', '/**', '/a/*/b/**', '/a.b/~c'])('takes operations such as %s', (path) => {
    expect(isAccepted('/a', { operations: [{ methods: ['GET'], path }] })).toBe(true);
  });

  it.each([
    'http://user:secret@tax.example',
    'http://tax.example/?a=1',
    'http://tax.example/#a',
    'http://169.254.169.254/latest',
    'http://[fe80::1]:80',
    'http://[::ffff:169.254.169.254]',
    'http://0.0.0.0:8444',
    'ftp://tax.example',
    'tax.example',
  ])('refuses the back end %s', (backend) => {
    expect(isAccepted('/a', { backends: [backend] })).toBe(false);
  });

  it.each(['http://10.0.0.7:8080', 'https://tax.example/app', 'http://[fd00::7]', 'http://127.0.0.1:1'])(
    'takes the back end %s',
    (backend) => {
      expect(isAccepted('/a', { backends: [backend] })).toBe(true);
    },
  );

  it.each(['0s', '0ms', '30d'])('refuses the time-out %s, which would be none', (response) => {
    expect(isAccepted('/a', { timeouts: { response } })).toBe(false);
    expect(isAccepted('/a', { timeouts: { connect: response } })).toBe(false);
  });
});
