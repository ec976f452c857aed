import { identityProfileSchema } from '../../../src/identity/profile.ts';

const problems = (source: object, name?: object): string[] => {
  const result = identityProfileSchema.safeParse({
    sources: [source],
    ...(name === undefined ? {} : { name }),
  });
  return result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
};
const from = { extension: '2.16.156.112548' };
const types = ['citizen-id-number'];

describe('an identity profile', () => {
  it('needs no more than a place and a type', () => {
    expect(identityProfileSchema.parse({ sources: [{ from, types }] })).toEqual({
      sources: [{ from, types, decode: ['der-string', 'text'], transform: 'none', prefixes: {} }],
      bothKinds: 'refuse',
      name: { from: { subject: 'CN' } },
    });
  });

  it('says where a role stands, and what each value says', () => {
    const acting = (settings: object): string[] =>
      identityProfileSchema
        .safeParse({ sources: [{ from, types }], acting: settings })
        .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
    expect(acting({ sources: [{ from: 'policies', roles: { '1.2.3': 'seal' } }] })).toEqual([]);
    expect(acting({})).toEqual([]);
    expect(acting({ sources: [{ from: 'policies', roles: {} }] })[0]).toContain('expected a value');
    expect(acting({ sources: [{ from: 'policies', roles: { x: 'boss' } }] })[0]).toContain(
      'sources.0.roles.x',
    );
    expect(
      acting({ sources: [{ from: { subject: 'OU' }, pattern: '(a+)+$', roles: { x: 'seal' } }] })[0],
    ).toContain('repeated group');
  });

  it.each([
    '^1@\\d{4}SF(\\d{17}[\\dXx])$',
    '([0-9]{15}|[0-9]{17}[0-9Xx])\\s*$',
    '^(?:SF|JJ)?(.*)$',
    'a\\+\\(b\\)*',
  ])('takes the pattern %s', (pattern) => {
    expect(problems({ from, types, pattern })).toEqual([]);
  });

  it.each([
    ['(', 'Unterminated group'],
    ['(a+)+$', 'a repeated group'],
    ['(?:a|a)*$', 'a repeated group'],
    ['(a|a){1,30}', 'a repeated group'],
    ['a*b*c*d*e', 'can take very long'],
    ['a*a*a*b', 'can take very long'],
    ['^a|b*b*b*c', 'can take very long'],
    ['a{1,200}a{1,200}a{1,200}b', 'can take very long'],
    ['(?:a|a)'.repeat(22), 'can take very long'],
    ['a?'.repeat(23), 'can take very long'],
    ['(a)\\1', 'back references'],
    ['a'.repeat(201), 'over 200 characters'],
  ])('refuses the pattern %s', (pattern, message) => {
    expect(problems({ from, types, pattern })).toEqual([
      expect.stringMatching(/^sources\.0\.pattern: not a usable pattern: /) as string,
    ]);
    expect(problems({ from, types, pattern })[0]).toContain(message);
    expect(problems({ from, types }, { strip: pattern })[0]).toContain(message);
  });

  it('has to say what the number is', () => {
    expect(problems({ from })).toEqual([expect.stringContaining('expected "types" or "prefixes"') as string]);
  });
});
