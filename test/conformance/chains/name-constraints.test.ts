import { Budget } from '../../../src/path/budget.ts';
import { integerContent, sequence, tagged, taggedPrimitive, utf8String, ia5String } from './der-writer.ts';
import { makeAuthority, makeLeaf, name, type NamePart, type TestCertificate } from './make-certificate.ts';
import {
  extension,
  generalName as n,
  nameConstraints,
  subjectAltName,
  type TestExtension,
} from './test-extensions.ts';
import { makeKey } from './test-key.ts';
import { outcome, validate } from './validate-chain.ts';

const root = makeAuthority({ subject: 'Root' });
const person = name(['2.5.4.6', 'CN'], ['2.5.4.10', '粤安'], ['2.5.4.3', '张三']);
const REFUSED = 'name-constraints ONECERT_CERTIFICATE_CONSTRAINT';
const key = makeKey();

/** A leaf with these alternative names under an intermediate with this constraint. */
const judge = (constraint: TestExtension, names: Uint8Array[], subject: Uint8Array = person): string => {
  const issuing = makeAuthority({ subject: 'Issuing', issuer: root, extensions: [constraint] });
  const extensions = names.length === 0 ? [] : [subjectAltName(...names)];
  return outcome(validate(makeLeaf({ issuer: issuing, subject, extensions, key }), [issuing], [root]));
};
const permitted = (base: Uint8Array, ...names: Uint8Array[]): string =>
  judge(nameConstraints({ permitted: [base] }), names);
const excluded = (base: Uint8Array, ...names: Uint8Array[]): string =>
  judge(nameConstraints({ excluded: [base] }), names);

/** Names within a base are permitted by it and excluded by it; names outside are neither. */
const table = (
  write: (text: string) => Uint8Array,
  rows: [base: string, within: string[], outside: string[]][],
) =>
  describe.each(rows)('base %j', (base, within, outside) => {
    it.each(within.map((text) => [text]))('has %s', (text) => {
      expect(permitted(write(base), write(text))).toBe('ok');
      expect(excluded(write(base), write(text))).toBe(REFUSED);
    });
    it.each(outside.map((text) => [text]))('has not %s', (text) => {
      expect(permitted(write(base), write(text))).toBe(REFUSED);
      expect(excluded(write(base), write(text))).toBe('ok');
    });
  });

describe('RFC 5280 4.2.1.10: dNSName', () => {
  table(n.dns, [
    [
      'example.com',
      ['example.com', 'www.example.com', 'a.b.example.com', 'WWW.EXAMPLE.COM'],
      ['example.org', 'badexample.com', 'com'],
    ],
  ]);
  it('has every name under the empty base', () => {
    expect(permitted(n.dns(''), n.dns('localhost'))).toBe('ok');
    expect(excluded(n.dns(''), n.dns('www.example.com'))).toBe(REFUSED);
  });
  it('takes a wildcard for all it may stand for', () => {
    expect(permitted(n.dns('example.com'), n.dns('*.example.com'))).toBe('ok');
    expect(permitted(n.dns('www.example.com'), n.dns('*.example.com'))).toBe(REFUSED);
    expect(excluded(n.dns('www.example.com'), n.dns('*.example.com'))).toBe(REFUSED);
    expect(excluded(n.dns('a.www.example.com'), n.dns('*.example.com'))).toBe('ok');
  });
  it.each(['.example.com', '*.example.com', 'exa mple.com', 'example.com.'])(
    'refuses every dNSName under the malformed base %s, and no other name',
    (base) => {
      expect(permitted(n.dns(base), n.dns('www.example.com'))).toBe(REFUSED);
      expect(excluded(n.dns(base), n.dns('www.example.org'))).toBe(REFUSED);
      expect(permitted(n.dns(base), n.email('zhang@example.org'))).toBe('ok');
    },
  );
  it.each(['', 'a..b', 'example.com.', 'a b.com', 'www.*.com', `${'a'.repeat(64)}.com`])(
    'refuses the malformed name %j',
    (text) => {
      expect(excluded(n.dns('example.org'), n.dns(text))).toBe(REFUSED);
    },
  );
});

describe('RFC 5280 4.2.1.10: rfc822Name', () => {
  table(n.email, [
    [
      'zhang@example.com',
      ['zhang@example.com', 'zhang@EXAMPLE.com'],
      ['li@example.com', 'zhang@www.example.com'],
    ],
    ['example.com', ['zhang@example.com', 'li@Example.Com'], ['zhang@mail.example.com', 'zhang@example.org']],
    [
      '.example.com',
      ['zhang@mail.example.com', 'zhang@a.b.example.com'],
      ['zhang@example.com', 'zhang@badexample.com'],
    ],
  ]);
  it('compares local parts exactly where permitted, and without case where excluded', () => {
    expect(permitted(n.email('zhang@example.com'), n.email('Zhang@example.com'))).toBe(REFUSED);
    expect(excluded(n.email('zhang@example.com'), n.email('Zhang@example.com'))).toBe(REFUSED);
  });
  it.each(['zhang', '@example.com', '"zhang san"@example.com', 'zhang@[192.0.2.1]'])(
    'refuses the name %s',
    (text) => {
      expect(excluded(n.email('example.org'), n.email(text))).toBe(REFUSED);
    },
  );
  it('holds for the emailAddress attribute of the subject', () => {
    const withEmail = name(['2.5.4.3', '张三'], ['1.2.840.113549.1.9.1', 'zhang@example.com', ia5String]);
    const by = (base: string): string =>
      judge(nameConstraints({ permitted: [n.email(base)] }), [], withEmail);
    expect(by('example.com')).toBe('ok');
    expect(by('example.org')).toBe(REFUSED);
  });
  it('holds for SmtpUTF8Mailbox (RFC 9598)', () => {
    expect(permitted(n.email('example.com'), n.smtpUtf8('张三@example.com'))).toBe('ok');
    expect(permitted(n.email('example.org'), n.smtpUtf8('张三@example.com'))).toBe(REFUSED);
  });
});

describe('RFC 5280 4.2.1.10: uniformResourceIdentifier', () => {
  const uri = (host: string): Uint8Array => n.uri(`https://user@${host}:8443/path?a=b@c.example#d`);
  it('compares hosts', () => {
    expect(permitted(n.uri('host.example.com'), uri('host.example.com'))).toBe('ok');
    expect(permitted(n.uri('host.example.com'), uri('HOST.example.com'))).toBe('ok');
    expect(permitted(n.uri('host.example.com'), uri('a.host.example.com'))).toBe(REFUSED);
    expect(permitted(n.uri('.example.com'), uri('a.b.example.com'))).toBe('ok');
    expect(permitted(n.uri('.example.com'), uri('example.com'))).toBe(REFUSED);
    expect(excluded(n.uri('.example.com'), uri('a.example.com'))).toBe(REFUSED);
    expect(excluded(n.uri('.example.com'), uri('example.com'))).toBe('ok');
  });
  it.each([
    'urn:uuid:1',
    'mailto:zhang@example.com',
    'https://192.0.2.1/',
    'https://[2001:db8::1]/',
    'https:///path',
    '/path',
  ])('refuses %s, which has no host name', (text) => {
    expect(excluded(n.uri('example.org'), n.uri(text))).toBe(REFUSED);
  });
});

describe('RFC 5280 4.2.1.10: iPAddress', () => {
  it('compares under the mask', () => {
    expect(permitted(n.ip(192, 0, 2, 0, 255, 255, 255, 0), n.ip(192, 0, 2, 77))).toBe('ok');
    expect(permitted(n.ip(192, 0, 2, 0, 255, 255, 255, 0), n.ip(192, 0, 3, 77))).toBe(REFUSED);
    expect(excluded(n.ip(10, 0, 0, 0, 255, 128, 0, 0), n.ip(10, 127, 0, 1))).toBe(REFUSED);
    expect(excluded(n.ip(10, 0, 0, 0, 255, 128, 0, 0), n.ip(10, 128, 0, 1))).toBe('ok');
    expect(excluded(n.ip(0, 0, 0, 0, 0, 0, 0, 0), n.ip(203, 0, 113, 1))).toBe(REFUSED);
  });
  it('keeps IPv4 and IPv6 apart', () => {
    const v6 = [0x20, 1, 0xd, 0xb8, ...Array<number>(12).fill(0)];
    const v6Mask = [0xff, 0xff, 0xff, 0xff, ...Array<number>(12).fill(0)];
    expect(permitted(n.ip(...v6, ...v6Mask), n.ip(...v6.slice(0, 15), 9))).toBe('ok');
    expect(permitted(n.ip(...v6, ...v6Mask), n.ip(32, 1, 13, 184))).toBe(REFUSED);
    expect(excluded(n.ip(0, 0, 0, 0, 0, 0, 0, 0), n.ip(...v6))).toBe('ok');
  });
  it('refuses addresses under a mask with holes or of a wrong length', () => {
    expect(permitted(n.ip(192, 0, 2, 0, 255, 0, 255, 0), n.ip(192, 0, 2, 1))).toBe(REFUSED);
    expect(excluded(n.ip(192, 0, 2, 0, 255), n.ip(10, 0, 0, 1))).toBe(REFUSED);
  });
});

describe('RFC 5280 4.2.1.10: directoryName', () => {
  const base = (...parts: NamePart[]): Uint8Array => n.directory(name(...parts));
  it('compares the first parts of the subject by RFC 5280 7.1', () => {
    expect(permitted(base(['2.5.4.6', 'cn'], ['2.5.4.10', ' 粤安 ']))).toBe('ok');
    expect(permitted(base(['2.5.4.10', '粤安']))).toBe(REFUSED);
    expect(excluded(base(['2.5.4.6', 'CN']))).toBe(REFUSED);
    expect(excluded(base(['2.5.4.6', 'US']))).toBe('ok');
    expect(excluded(base(['2.5.4.6', 'CN'], ['2.5.4.10', '粤']))).toBe('ok');
    expect(excluded(base())).toBe(REFUSED);
  });
  it('compares directory names of subjectAltName too', () => {
    const other = n.directory(name(['2.5.4.6', 'US']));
    expect(permitted(base(['2.5.4.6', 'CN']), other)).toBe(REFUSED);
    expect(excluded(base(['2.5.4.6', 'US']), other)).toBe(REFUSED);
  });
  it('does not hold for an empty subject', () => {
    const issuing = makeAuthority({
      issuer: root,
      extensions: [nameConstraints({ permitted: [base(['2.5.4.6', 'US'])] })],
    });
    const email = extension('2.5.29.17', sequence(n.email('zhang@example.com')), true);
    const leaf = makeLeaf({ issuer: issuing, subject: sequence(), extensions: [email] });
    expect(outcome(validate(leaf, [issuing], [root]))).toBe('ok');
  });
});

describe('otherName and forms without rules', () => {
  table(n.upn, [
    ['example.com', ['zhang@example.com'], ['zhang@corp.example.com', 'zhang@example.org']],
    ['@example.com', ['zhang@example.com'], ['zhang@corp.example.com']],
    ['.example.com', ['zhang@corp.example.com'], ['zhang@example.com']],
    ['zhang@example.com', ['zhang@example.com'], ['li@example.com']],
  ]);
  it('constrains each kind of otherName by itself', () => {
    expect(permitted(n.upn('example.com'), n.xmpp('zhang@example.org'))).toBe('ok');
  });
  it.each([
    ['another kind of otherName', n.xmpp('example.com')],
    ['registeredID', n.registeredId('1.2.3.4')],
  ])('refuses a name of a form it cannot compare (%s), and passes others', (_what, base) => {
    expect(permitted(base, base)).toBe(REFUSED);
    expect(excluded(base, base)).toBe(REFUSED);
    expect(excluded(base, n.dns('example.com'))).toBe('ok');
  });
  it('refuses a principal name that is no UTF8String', () => {
    const wrong = n.other('1.3.6.1.4.1.311.20.2.3', ia5String('zhang@example.com'));
    expect(excluded(n.upn('example.org'), wrong)).toBe(REFUSED);
    expect(excluded(n.upn('example.org'), n.other('1.3.6.1.4.1.311.20.2.3', utf8String('张三')))).toBe(
      REFUSED,
    );
  });
});

describe('RFC 5280 4.2.1.10: minimum and maximum', () => {
  const subtree = (...fields: Uint8Array[]): TestExtension =>
    extension('2.5.29.30', sequence(tagged(0, sequence(n.dns('example.com'), ...fields))), true);
  const field = (number: number, value: number): Uint8Array => taggedPrimitive(number, integerContent(value));
  it.each([
    ['a minimum', [field(0, 1)]],
    ['a maximum', [field(1, 5)]],
  ])('%s other than the default refuses the names it speaks of, and no others', (_what, fields) => {
    expect(judge(subtree(...fields), [n.dns('www.example.com')])).toBe(REFUSED);
    expect(judge(subtree(...fields), [n.email('zhang@example.com')])).toBe('ok');
  });
  it('minimum 0, written out, is the default', () => {
    expect(judge(subtree(field(0, 0)), [n.dns('www.example.com')])).toBe('ok');
  });
});

describe('RFC 5280 6.1.3 (b), (c), 6.1.4 (g): constraints along the path', () => {
  const constrained = (
    issuer: TestCertificate,
    subject: string,
    base: string,
    list: 'permitted' | 'excluded',
  ) => makeAuthority({ issuer, subject, extensions: [nameConstraints({ [list]: [n.dns(base)] })] });
  const www = [subjectAltName(n.dns('www.a.example.com'))];

  it('intersect where permitted and add up where excluded', () => {
    const outer = constrained(root, 'Outer', 'example.com', 'permitted');
    const inner = constrained(outer, 'Inner', 'a.example.com', 'permitted');
    const apart = constrained(outer, 'Apart', 'example.org', 'permitted');
    const less = constrained(outer, 'Less', 'a.example.com', 'excluded');
    const by = (issuer: TestCertificate): string =>
      outcome(validate(makeLeaf({ issuer, extensions: www }), [outer, issuer], [root]));
    expect(by(inner)).toBe('ok');
    expect(by(apart)).toBe(REFUSED);
    expect(by(less)).toBe(REFUSED);
  });
  it('hold for intermediates, as a fault of the chain', () => {
    const only = makeAuthority({
      issuer: root,
      subject: 'Only CN',
      extensions: [nameConstraints({ permitted: [n.directory(name(['2.5.4.6', 'CN']))] })],
    });
    const abroad = makeAuthority({ issuer: only, subject: name(['2.5.4.6', 'US']) });
    const leaf = makeLeaf({ issuer: abroad, subject: person });
    expect(outcome(validate(leaf, [only, abroad], [root]))).toBe(
      'name-constraints ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('do not hold for a self-issued intermediate, but for what is below it and for a self-issued leaf', () => {
    const only = makeAuthority({
      issuer: root,
      subject: name(['2.5.4.6', 'US']),
      extensions: [nameConstraints({ permitted: [n.directory(name(['2.5.4.6', 'CN']))] })],
    });
    const renewed = makeAuthority({ issuer: only, subject: only.subject });
    const by = (leaf: TestCertificate): string => outcome(validate(leaf, [only, renewed], [root]));
    expect(by(makeLeaf({ issuer: renewed, subject: person }))).toBe('ok');
    expect(by(makeLeaf({ issuer: renewed, subject: name(['2.5.4.6', 'US'], ['2.5.4.3', 'x']) }))).toBe(
      REFUSED,
    );
    expect(by(makeLeaf({ issuer: renewed, subject: only.subject }))).toBe(REFUSED);
  });
  it('hold when the extension is not critical', () => {
    const constraint = nameConstraints({ permitted: [n.dns('example.com')] }, false);
    expect(judge(constraint, [n.dns('www.example.org')])).toBe(REFUSED);
  });
  it('hold for every name, not only the first', () => {
    expect(permitted(n.dns('example.com'), n.dns('a.example.com'), n.dns('b.example.org'))).toBe(REFUSED);
  });
  it('say nothing of forms they do not name', () => {
    expect(permitted(n.dns('example.com'), n.email('zhang@example.org'))).toBe('ok');
  });
  it("of the anchor's own certificate hold (RFC 5937)", () => {
    const anchor = makeAuthority({ extensions: [nameConstraints({ permitted: [n.dns('example.com')] })] });
    const by = (host: string): string =>
      outcome(
        validate(makeLeaf({ issuer: anchor, extensions: [subjectAltName(n.dns(host))] }), [], [anchor]),
      );
    expect(by('www.example.com')).toBe('ok');
    expect(by('www.example.org')).toBe(REFUSED);
  });
});

describe('The cost of name constraints is bounded', () => {
  const many = (count: number, write: (index: number) => Uint8Array): Uint8Array[] =>
    Array.from({ length: count }, (_, index) => write(index));
  const judgeMany = (count: number, budget?: Budget): string => {
    const issuing = makeAuthority({
      issuer: root,
      extensions: [nameConstraints({ permitted: many(count, (index) => n.dns(`p${index}.example`)) })],
    });
    const names = many(count, (index) => n.dns(`a.p${count - 1 - index}.example`));
    const leaf = makeLeaf({ issuer: issuing, extensions: [subjectAltName(...names)] });
    return outcome(validate(leaf, [issuing], [root], budget === undefined ? {} : { budget }));
  };
  it('hundreds of names under hundreds of constraints are compared', () => {
    expect(judgeMany(300)).toBe('ok');
  });
  it('a thousand names under a thousand constraints are refused', () => {
    expect(judgeMany(1000)).toBe(REFUSED);
    expect(judgeMany(1000, new Budget({ comparisons: 1_000_000 }))).toBe('ok');
  });
});
