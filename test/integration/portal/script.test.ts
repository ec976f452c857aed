import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCity, type City } from '../city.ts';
import { hasTools, run } from '../city-command.ts';

const withTools = hasTools() ? describe : describe.skip;

/** What docs/portal.md shows: sign-in by signed challenge with curl and openssl, at the running gateway. */
withTools('a script that signs in', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-script-'));
  const file = (name: string): string => join(folder, name);
  let city: City;
  let site: string;
  beforeAll(async () => {
    city = await openCity();
    await city.start();
    site = `https://localhost:${city.ports.ONECERT_BROWSER_PORT}`;
  }, 120_000);
  afterAll(async () => {
    await city.stop();
    await city.remove();
    rmSync(folder, { recursive: true });
  });

  const curl = async (path: string, ...args: string[]): Promise<string> => {
    const ca = join(city.data, 'city/tls/ca.crt');
    const jar = ['-b', file('jar'), '-c', file('jar')];
    const { code, stdout, stderr } = await run('curl', ['-sS', '--cacert', ca, ...jar, ...args, site + path]);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const call = async (path: string, body: object): Promise<Record<string, unknown>> =>
    JSON.parse(
      await curl(
        path,
        ...['-H', `Origin: ${site}`, '-H', 'Content-Type: application/json', '-d', JSON.stringify(body)],
      ),
    ) as Record<string, unknown>;
  const signIn = async (person: string): Promise<Record<string, unknown>> => {
    const { challenge, text } = await call('/signin/challenge', { return: '/joint-tax' });
    writeFileSync(file('text'), String(text));
    const { certificate, key } = city.person(person);
    const signed = await run('openssl', [
      ...['cms', '-sign', '-binary', '-in', file('text'), '-signer', certificate, '-inkey', key],
      ...['-outform', 'DER', '-out', file('signed.der')],
    ]);
    if (signed.code !== 0) throw new Error(signed.stderr);
    const signedData = readFileSync(file('signed.der')).toString('base64');
    return call('/signin/response', { challenge, form: 'cms', signedData, return: '/joint-tax' });
  };

  it('is let through to a department by its cookie, and out again', async () => {
    expect(JSON.parse(await curl('/joint-tax'))).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED' });
    expect(await signIn('pengwan-tech-yuean')).toEqual({ return: '/joint-tax' });
    expect(await curl('/joint-tax')).toContain('深圳市鹏湾科技有限公司');
    const page = await curl('/me', '-H', 'Accept: text/html');
    const token = /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';
    await curl('/signout', '-H', `Origin: ${site}`, '--data-urlencode', `token=${token}`);
    expect(JSON.parse(await curl('/joint-tax'))).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED' });
  });

  it('is told why not', async () => {
    const refused = await signIn('revoked-yuean');
    expect(refused).toMatchObject({ status: 403, code: 'ONECERT_CERTIFICATE_REVOKED' });
    const entry = city.audit().findLast(({ reference }) => reference === refused['reference']);
    expect(entry).toMatchObject({
      event: 'refusal',
      code: 'ONECERT_CERTIFICATE_REVOKED',
      proof: 'signed-challenge',
    });
  });

  it('is sent each security header once, through the data plane', async () => {
    const answer = await curl('/signin', '-i', '-H', 'Accept: text/html');
    const [head = ''] = answer.split('\r\n\r\n');
    for (const name of [
      'content-security-policy',
      'x-frame-options',
      'x-content-type-options',
      'referrer-policy',
      'strict-transport-security',
      'cache-control',
    ])
      expect([name, head.match(new RegExp(`^${name}:`, 'gim'))?.length]).toEqual([name, 1]);
    expect(head).not.toMatch(/^(?:x-powered-by|onecert-portal):/im);
  });

  it('cannot tell the portal what the data plane knows', async () => {
    const context = Buffer.from(
      JSON.stringify({ listener: 'mutual-tls', from: '192.0.2.1', reference: 'x' }),
    ).toString('base64url');
    const answer = await curl('/me', '-i', '-H', `OneCert-Portal: ${context}`, '-H', 'Accept: text/html');
    expect(answer).toMatch(/^HTTP\/1\.1 303 [\s\S]*location: \/signin\?return=%2Fme/im);
  });
});
