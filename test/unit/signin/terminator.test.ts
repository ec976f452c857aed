import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { encodePem } from '../../../src/certificate/pem.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import type { Credential } from '../../../src/signin/credential.ts';
import {
  readTerminatorCredential,
  terminatorFields,
  type TerminatorFormat,
} from '../../../src/signin/terminator/read-terminator-credential.ts';
import { makeAuthority, makeLeaf } from '../../conformance/chains/make-certificate.ts';

const authority = makeAuthority();
const leaf = makeLeaf({ issuer: authority, subject: '李伟' }).der;
const other = makeLeaf({ issuer: authority }).der;
const NOW = Date.UTC(2026, 10, 24);

const RFC9440: TerminatorFormat = { kind: 'rfc9440' };
const NGINX: TerminatorFormat = { kind: 'nginx', header: 'X-Client-Certificate' };
const ENVOY: TerminatorFormat = { kind: 'envoy-xfcc' };
const HAPROXY: TerminatorFormat = { kind: 'haproxy', header: 'X-SSL-Cert', chainHeader: 'X-SSL-Chain' };

const sf = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`;
const base64 = (...der: readonly Uint8Array[]): string => Buffer.concat(der).toString('base64');
const escaped = (...der: readonly Uint8Array[]): string =>
  encodeURIComponent(der.map((each) => encodePem('CERTIFICATE', each)).join(''));
const sha256 = (der: Uint8Array): string => createHash('sha256').update(der).digest('hex');

const read = (format: TerminatorFormat, raw: readonly string[]): Credential | string | undefined => {
  const result = readTerminatorCredential(['Host', 'a', ...raw], format, '192.0.2.1', NOW);
  if (!(result instanceof Refusal)) return result;
  expect(result.code).toBe('ONECERT_TERMINATOR_HEADER_MALFORMED');
  return result.detail;
};
const handedOn = (...chain: readonly Uint8Array[]): unknown => ({
  chain,
  proof: 'terminator',
  provenAt: NOW,
  from: '192.0.2.1',
});
const CERT = `Cert="${escaped(leaf)}"`;

describe('a certificate handed on', () => {
  it.each<[string, TerminatorFormat, readonly string[], readonly Uint8Array[]]>([
    ['RFC 9440', RFC9440, ['Client-Cert', sf(leaf)], [leaf]],
    ['RFC 9440, name in any case', RFC9440, ['client-CERT', ` ${sf(leaf)} `], [leaf]],
    [
      'RFC 9440 with a chain',
      RFC9440,
      ['Client-Cert-Chain', `${sf(authority.der)},\t ${sf(other)}`, 'Client-Cert', sf(leaf)],
      [leaf, authority.der, other],
    ],
    ['nginx', NGINX, ['x-client-certificate', escaped(leaf)], [leaf]],
    [
      'nginx, PEM with CRLF',
      NGINX,
      ['x-client-certificate', escaped(leaf).replaceAll('%0A', '%0D%0A')],
      [leaf],
    ],
    [
      'Envoy',
      ENVOY,
      ['X-Forwarded-Client-Cert', `By=spiffe://a;Hash=${sha256(leaf)};${CERT};Subject="CN=\\"a;b,c\\"";URI=`],
      [leaf],
    ],
    [
      'Envoy with a chain',
      ENVOY,
      ['x-forwarded-client-cert', `${CERT};Chain="${escaped(leaf, authority.der)}"`],
      [leaf, authority.der],
    ],
    [
      'Envoy, chain only, several names',
      ENVOY,
      ['x-forwarded-client-cert', `DNS=a;DNS=b;Chain="${escaped(leaf, authority.der)}"`],
      [leaf, authority.der],
    ],
    ['HAProxy', HAPROXY, ['X-SSL-Cert', base64(leaf)], [leaf]],
    [
      'HAProxy with a chain',
      HAPROXY,
      ['X-SSL-Cert', base64(leaf), 'X-SSL-Chain', base64(leaf, authority.der)],
      [leaf, authority.der],
    ],
    ['HAProxy with an empty chain', HAPROXY, ['X-SSL-Cert', base64(leaf), 'X-SSL-Chain', ''], [leaf]],
  ])('%s', (_what, format, raw, chain) => {
    expect(read(format, raw)).toEqual(handedOn(...chain));
  });

  it.each<[string, TerminatorFormat, readonly string[]]>([
    ['no field', RFC9440, []],
    ['an empty field', HAPROXY, ['X-SSL-Cert', '']],
    ["another format's field", RFC9440, ['X-Client-Certificate', escaped(leaf)]],
    ['a field of a similar name', RFC9440, ['Client_Cert', sf(leaf)]],
  ])('%s is no certificate', (_what, format, raw) => {
    expect(read(format, raw)).toBeUndefined();
  });

  it.each<[string, TerminatorFormat, readonly string[]]>([
    ['two fields', RFC9440, ['Client-Cert', sf(leaf), 'client-cert', sf(leaf)]],
    [
      'two fields, one of them empty',
      NGINX,
      ['X-Client-Certificate', '', 'X-Client-Certificate', escaped(leaf)],
    ],
    ['two fields joined', RFC9440, ['Client-Cert', `${sf(leaf)}, ${sf(other)}`]],
    [
      'two chains',
      RFC9440,
      ['Client-Cert', sf(leaf), 'Client-Cert-Chain', sf(other), 'Client-Cert-Chain', sf(other)],
    ],
    ['a chain without a leaf', RFC9440, ['Client-Cert-Chain', sf(leaf)]],
    ['no colons', RFC9440, ['Client-Cert', base64(leaf)]],
    ['one colon', RFC9440, ['Client-Cert', `:${base64(leaf)}`]],
    ['colons and nothing', RFC9440, ['Client-Cert', '::']],
    ['parameters', RFC9440, ['Client-Cert', `${sf(leaf)};a=1`]],
    ['a String', RFC9440, ['Client-Cert', `"${base64(leaf)}"`]],
    ['Base64 without padding', RFC9440, ['Client-Cert', ':MAMCAf8:']],
    ['Base64 with bits in the padding', RFC9440, ['Client-Cert', ':MAMCAf9=:']],
    ['Base64url', RFC9440, ['Client-Cert', ':-_-_:']],
    ['a space within', RFC9440, ['Client-Cert', ':MAMC Af8=:']],
    ['an empty member of a chain', RFC9440, ['Client-Cert', sf(leaf), 'Client-Cert-Chain', `${sf(other)}, `]],
    ['an inner list', RFC9440, ['Client-Cert', sf(leaf), 'Client-Cert-Chain', `(${sf(other)})`]],
    [
      'ten more certificates',
      RFC9440,
      ['Client-Cert', sf(leaf), 'Client-Cert-Chain', Array(10).fill(sf(other)).join(', ')],
    ],
    ['70,000 characters', RFC9440, ['Client-Cert', `:${'A'.repeat(70_000)}:`]],
    [
      'PEM that is not escaped, as $ssl_client_cert folds it',
      NGINX,
      ['X-Client-Certificate', encodePem('CERTIFICATE', leaf).replaceAll('\n', '\n\t')],
    ],
    ['a broken escape', NGINX, ['X-Client-Certificate', `${escaped(leaf)}%0`]],
    ['an escape that is no UTF-8', NGINX, ['X-Client-Certificate', `${escaped(leaf)}%ff`]],
    ['two certificates', NGINX, ['X-Client-Certificate', escaped(leaf, other)]],
    ['text before the PEM', NGINX, ['X-Client-Certificate', `a${escaped(leaf)}`]],
    ['text after the PEM', NGINX, ['X-Client-Certificate', `${escaped(leaf)}a`]],
    ['another label', NGINX, ['X-Client-Certificate', encodeURIComponent(encodePem('PRIVATE KEY', leaf))]],
    [
      'plus signs turned to spaces',
      NGINX,
      ['X-Client-Certificate', escaped(Buffer.alloc(60, 0xfb)).replaceAll('%2B', '+').replaceAll('+', ' ')],
    ],
    ['(null), as an unset variable of some terminators reads', NGINX, ['X-Client-Certificate', '(null)']],
    [
      'two elements: appended to what a client sent',
      ENVOY,
      ['X-Forwarded-Client-Cert', `${CERT},Cert="${escaped(other)}"`],
    ],
    ['no certificate among the pairs', ENVOY, ['X-Forwarded-Client-Cert', 'Subject="CN=a";URI=b']],
    ['two of Cert', ENVOY, ['X-Forwarded-Client-Cert', `${CERT};cert="${escaped(other)}"`]],
    [
      'Cert and Chain of different certificates',
      ENVOY,
      ['X-Forwarded-Client-Cert', `${CERT};Chain="${escaped(other, authority.der)}"`],
    ],
    ["another's hash", ENVOY, ['X-Forwarded-Client-Cert', `Hash=${sha256(other)};${CERT}`]],
    ['a quote that does not end', ENVOY, ['X-Forwarded-Client-Cert', CERT.slice(0, -1)]],
    ['a quote within', ENVOY, ['X-Forwarded-Client-Cert', `Subject="a"b";${CERT}`]],
    ['text that is no pair', ENVOY, ['X-Forwarded-Client-Cert', `${CERT};hello`]],
    ['Base64 of nothing', HAPROXY, ['X-SSL-Cert', '====']],
    ['PEM', HAPROXY, ['X-SSL-Cert', escaped(leaf)]],
    [
      'a chain that is cut off',
      HAPROXY,
      ['X-SSL-Cert', base64(leaf), 'X-SSL-Chain', base64(other.subarray(0, -2))],
    ],
    [
      'a chain of eleven',
      HAPROXY,
      ['X-SSL-Cert', base64(leaf), 'X-SSL-Chain', base64(...Array<Buffer>(11).fill(other))],
    ],
  ])('is refused with %s', (_what, format, raw) => {
    expect(typeof read(format, raw)).toBe('string');
  });

  it('nothing escapes, whatever the fields hold', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(
          fc.constantFrom(sf(leaf), escaped(leaf), CERT, base64(leaf)),
          fc.nat(),
          fc.string({ maxLength: 3 }),
        )
        .map(([text, at, put]) => text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1)),
    );
    fc.assert(
      fc.property(fc.constantFrom(RFC9440, NGINX, ENVOY, HAPROXY), value, value, (format, first, second) => {
        const [name, more = 'Other'] = terminatorFields(format);
        read(format, [name as string, first, more, second]);
      }),
      { numRuns: 400 },
    );
  });

  it('the fields of a format are named, to be taken off before a call goes on', () => {
    expect(terminatorFields(RFC9440)).toEqual(['client-cert', 'client-cert-chain']);
    expect(terminatorFields(ENVOY)).toEqual(['x-forwarded-client-cert']);
    expect(terminatorFields(NGINX)).toEqual(['x-client-certificate']);
    expect(terminatorFields(HAPROXY)).toEqual(['x-ssl-cert', 'x-ssl-chain']);
    expect(terminatorFields({ kind: 'haproxy', header: 'A' })).toEqual(['a']);
  });
});
