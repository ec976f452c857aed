import { cleanResponseHeaders, namedInConnection, treatmentOf } from '../../../src/proxy/header-hygiene.ts';

describe('the treatment of request fields', () => {
  it.each([
    'Accept',
    'Authorization',
    'Cookie',
    'X-Requested-With',
    'Sec-WebSocket-Key',
    'Content-Type',
    'Userdata',
  ])('keeps %s', (name) => expect(treatmentOf(name).kind).toBe('keep'));

  it('knows a forged field in any spelling, and counts it under one name', () => {
    for (const name of ['OneCert-Assertion', 'ONECERT_ASSERTION', 'onecert.assertion', "OneCert'Assertion"]) {
      expect(treatmentOf(name)).toEqual({ kind: 'forged', label: 'onecert-*' });
    }
    for (const name of ['Remote-User', 'REMOTE_USER', 'remote.user']) {
      expect(treatmentOf(name)).toEqual({ kind: 'forged', label: 'remote-user' });
    }
  });

  it('knows a framing field in disguise', () => {
    expect(treatmentOf('Content_Length').kind).toBe('disguised');
    expect(treatmentOf('transfer.encoding').kind).toBe('disguised');
    expect(treatmentOf('Transfer-Encoding').kind).toBe('transfer-encoding');
  });

  it('does not grow with the names clients make up', () => {
    for (let count = 0; count < 10_000; count += 1)
      expect(treatmentOf(`X-Random-${count}`).kind).toBe('keep');
    expect(treatmentOf('x_onecert_late')).toEqual({ kind: 'forged', label: 'x-onecert-*' });
  });
});

describe('Connection', () => {
  it('names fields besides its options', () => {
    expect(namedInConnection('close, X-Foo ,, keep-alive,Upgrade, x_bar')).toEqual(['x-foo', 'x-bar']);
  });
});

describe('the fields of an answer', () => {
  const raw = (...fields: string[]): Buffer[] => fields.map((field) => Buffer.from(field, 'latin1'));

  it('keep Trailer only where there can be trailers', () => {
    expect(cleanResponseHeaders(raw('Trailer', 'X-T'), true)).toEqual(['Trailer', 'X-T']);
    expect(cleanResponseHeaders(raw('Trailer', 'X-T'), false)).toEqual([]);
    expect(cleanResponseHeaders(raw('Trailer', 'X-T', 'Content-Length', '1'), true)).toEqual([
      'Content-Length',
      '1',
    ]);
  });

  it.each([
    'Alt-Svc',
    'Service-Worker-Allowed',
    'NEL',
    'Report-To',
    'Clear-Site-Data',
    'Strict-Transport-Security',
    'Accept-CH',
  ])('lose %s, by which one department would speak for all', (name) => {
    expect(cleanResponseHeaders(raw('X-A', '1', name, 'x', name.toLowerCase(), 'y'), false)).toEqual([
      'X-A',
      '1',
    ]);
  });

  it('keep order, case, repeats and octets', () => {
    const fields = ['Set-Cookie', 'a=\u00e5', 'set-cookie', 'b', 'X-Z', ''];
    expect(cleanResponseHeaders(raw(...fields), false)).toEqual(fields);
  });
});

it('what speaks for the whole origin is the gateway’s own to say', () => {
  const fields = ['Strict-Transport-Security', 'max-age=1', 'OneCert-Assertion', 'a'];
  expect(cleanResponseHeaders(fields, false)).toEqual([]);
  expect(cleanResponseHeaders(fields, false, true)).toEqual(fields);
});
