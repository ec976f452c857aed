import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import type { RefusalCode } from '../../src/refusal/catalogue.ts';
import { describe as saying } from '../../src/refusal/refusal.ts';
import type { Census } from './census.ts';
import type { City, CurlOptions } from './city.ts';

/** Makes every check of a refusal that holds whatever it is refused for. */
export const expectRefusal = async (
  city: City,
  census: Census,
  code: RefusalCode,
  path: string,
  options: CurlOptions = {},
): Promise<void> => {
  const before = census.received.length;
  const { status, zh, en } = saying(code);
  const { args = [] } = options;

  const problem = await city.curl(path, options);
  expect({
    status: problem.status,
    code: problem.body === '' ? problem.stderr : problem.json().code,
  }).toEqual({
    status,
    code,
  });
  expect(problem.headers['content-type']).toBe('application/problem+json');
  expect(problem.headers['cache-control']).toBe('no-store');
  const { reference } = problem.json();
  expect(problem.json()).toMatchObject({ status, title: en.title, zh, en });
  expect(problem.headers['onecert-reference']).toBe(reference);

  for (const [language, { title, next }] of [
    ['zh-CN,zh;q=0.9,en;q=0.1', zh],
    ['en-GB,en;q=0.9', en],
  ] as const) {
    const browser = ['-H', `Accept: ${BROWSER}`, '-H', `Accept-Language: ${language}`];
    const page = await city.curl(path, { ...options, args: [...args, ...browser] });
    expect(page.status).toBe(status);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(plain(page.body)).toContain(title);
    expect(plain(page.body)).toContain(next);
    expect(page.body).toContain(page.headers['onecert-reference'] ?? 'no reference');
  }

  const entries = city.audit().filter((entry) => entry.reference === reference);
  expect(entries).toMatchObject([{ event: 'refusal', code, from: '127.0.0.1' }]);
  expect(census.received.length).toBe(before);
};

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8';

/** What a page says, with what HTML escapes put back. */
const plain = (page: string): string =>
  page
    .replaceAll(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

/** Old keys and hashes: what the openssl under curl will not present by itself. */
export const allowWeak = (city: City): NodeJS.ProcessEnv => {
  const file = join(city.folder, 'openssl-weak.cnf');
  writeFileSync(
    file,
    'openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = weak\n[weak]\nCipherString = DEFAULT@SECLEVEL=0\n',
  );
  return { OPENSSL_CONF: file };
};
