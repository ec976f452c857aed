import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Browser, readForm, type BrowserAnswer } from '../browser.ts';
import { eventually, openCity, type City } from '../city.ts';
import { grantRoles } from './grant-roles.ts';
import { describeWith } from '../../tools.ts';

const run = promisify(execFile);

/** A second authority of its own, made by openssl, and a certificate that is no authority's. */
const makeCertificates = async (folder: string): Promise<{ authority: string; person: string }> => {
  const make = async (name: string, ca: boolean): Promise<string> => {
    const file = join(folder, `${name}.crt`);
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'],
      ...['-keyout', join(folder, `${name}.key`), '-out', file, '-subj', `/CN=${name}`],
      ...['-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}`],
    ]);
    return readFileSync(file, 'utf8');
  };
  return { authority: await make('New Root', true), person: await make('Nobody', false) };
};

describeWith('curl', 'openssl')('the trust list in the console of a running city', () => {
  let city: City;
  let operator: Browser;
  let second: Browser;
  let folder: string;
  let made: { authority: string; person: string };

  const signIn = async (person: string): Promise<Browser> => {
    const browser = new Browser(city);
    await browser.signIn(await browser.open('/signin?return=%2Fconsole'), person);
    return browser;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-console-'));
    made = await makeCertificates(folder);
    city = await openCity();
    await city.start();
    grantRoles(city, {
      'li-wei-yuean': { role: 'operator' },
      'chen-fang-yuean': { role: 'operator' },
      'pengwan-tech-yuean': { role: 'auditor' },
    });
    operator = await signIn('li-wei-yuean');
    await eventually('the roles are in force', async () => (await operator.open('/console')).status === 200);
    second = await signIn('chen-fang-yuean');
  }, 120_000);
  afterAll(async () => {
    await city.stop();
    await city.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Fills in the last form of a page. */
  const fill = async (
    browser: Browser,
    page: string,
    fields: Readonly<Record<string, string>>,
    action?: string,
  ): Promise<BrowserAnswer> => {
    const form = readForm(await browser.open(page));
    for (const [name, value] of Object.entries(fields)) form.fields.set(name, value);
    return browser.open(action ?? form.action, { form: form.fields });
  };
  const propose = async (page: string, fields: Readonly<Record<string, string>>): Promise<BrowserAnswer> => {
    const answer = await fill(operator, page, { note: 'a test', ...fields });
    expect([answer.status, answer.location]).toEqual([303, expect.stringMatching(/^\/console\/changes\//)]);
    return operator.open(answer.location ?? '');
  };
  const settle = async (
    proposal: BrowserAnswer,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const path = proposal.url.pathname;
    expect((await fill(operator, path, {}, `${path}/submit`)).location).toBe(`${path}?done=submit`);
    const answer = await fill(second, path, fields, `${path}/approve`);
    expect(answer.location).toBe(`${path}?done=approve`);
  };
  const newAuthority = {
    authority: 'lingnan',
    zh: '岭南电子认证',
    en: 'Lingnan Certification',
    phone: '',
    website: '',
    intermediates: '',
    crl: '',
    ocsp: '',
    hosts: '',
    order: 'crl,ocsp',
    identity: 'sources:\n  - from: { subject: serialNumber }\n    types: [citizen-id-number]\n',
  };

  it('shows authorities, their certificates and CRLs', async () => {
    await eventually('the CRLs have come', async () =>
      /Fresh/.test((await operator.open('/console/trust/yuean')).body),
    );
    const { body } = await operator.open('/console/trust/yuean');
    expect(body).toContain('Yuean');
    expect(body).toMatch(/\d+ days left/);
    expect(body).toContain('/yuean/issuing.crl');
  });

  it('takes a new authority, after two have looked at it', async () => {
    const proposal = await propose('/console/trust/new', { ...newAuthority, anchors: made.authority });
    expect(proposal.body).toContain('lingnan/authority.yaml');
    await settle(proposal);
    const { body, status } = await operator.open('/console/trust/lingnan');
    expect(status).toBe(200);
    expect(body).toContain('CN=New Root');
    const list = await operator.open('/console/trust');
    expect(list.body).toContain('Lingnan Certification');
    const entries = city.audit().filter(({ event }) => event === 'change');
    expect(entries.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['proposed', 'submitted', 'approved']),
    );
  });

  it.each([
    ['a certificate that is no authority’s', () => made.person, 'is not a certificate of an authority'],
    ['no certificate', () => 'hello', 'holds no certificate'],
    [
      'a broken certificate',
      () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'cannot be read',
    ],
  ])('refuses %s before anything is kept', async (_what, anchors, message) => {
    const page = '/console/changes?view=mine';
    const before = (await operator.open(page)).body.match(/href="\/console\/changes\/[\w-]{22}"/g)?.length;
    const answer = await fill(operator, '/console/trust/new', {
      ...newAuthority,
      authority: 'other',
      anchors: anchors(),
    });
    expect(answer.status).toBe(422);
    expect(answer.body).toContain('ONECERT_INPUT_INVALID');
    expect(answer.body).toContain(message);
    const after = (await operator.open(page)).body.match(/href="\/console\/changes\/[\w-]{22}"/g)?.length;
    expect(after).toBe(before);
  });

  it('refuses one key under two authorities: such a draft cannot be submitted', async () => {
    const proposal = await propose('/console/trust/new', {
      ...newAuthority,
      authority: 'copy',
      anchors: made.authority,
    });
    expect(proposal.body).toContain('this key belongs to the authority');
    const path = proposal.url.pathname;
    const forced = await fill(operator, path, {}, `${path}/submit`);
    expect(forced.status).toBe(422);
    expect(forced.body).toContain('ONECERT_CHANGE_INVALID');
    expect((await operator.open('/console/trust/copy')).status).toBe(404);
  });

  it('changes the status of an authority, and rolls that back; people feel both at once', async () => {
    expect((await city.curl('/joint-tax', { as: 'lianhua-trade-zhujiang' })).status).toBe(200);
    const proposal = await propose('/console/trust/zhujiang/status', { status: 'withdrawn', before: '' });
    expect(proposal.body).toMatch(/identit/);
    await settle(proposal);
    const { status, body } = await city.curl('/joint-tax', { as: 'lianhua-trade-zhujiang' });
    expect([status, body]).toEqual([403, expect.stringContaining('ONECERT_AUTHORITY_WITHDRAWN')]);

    const history = '/console/changes/of/trust-list/city';
    const page = await operator.open(history);
    const form = new URLSearchParams(
      [
        ...(/<form class="act"[\s\S]*?<\/form>/.exec(page.body)?.[0] ?? '').matchAll(
          /name="([^"]*)" value="([^"]*)"/g,
        ),
      ].map(([, name = '', value = '']): [string, string] => [name, value]),
    );
    const rolled = await operator.open(`${history}/back`, { form });
    await settle(await operator.open(rolled.location ?? ''));
    expect((await city.curl('/joint-tax', { as: 'lianhua-trade-zhujiang' })).status).toBe(200);
  });

  it('says before it is done that operators shut themselves out', async () => {
    // Both have signed in with certificates of this authority alone.
    const withdrawn = await propose('/console/trust/yuean/status', { status: 'withdrawn', before: '' });
    expect(withdrawn.body).toContain('Of 2 operators who can sign in 0 are left: nobody could approve');
    const other = await propose('/console/trust/zhujiang/status', { status: 'withdrawn', before: '' });
    expect(other.body).not.toContain('operators who can sign in');
  });

  it('takes another certificate beside the first', async () => {
    const other = await makeCertificates(folder);
    const proposal = await propose('/console/trust/lingnan/renew', { kind: 'anchor', pem: other.authority });
    await settle(proposal);
    expect((await operator.open('/console/trust/lingnan')).body.match(/CN=New Root/g)).toHaveLength(2);
  });

  it('says of a serial number whether it is revoked, when, and why', async () => {
    const { stdout } = await run('openssl', [
      ...['x509', '-noout', '-serial', '-in', city.person('pengwan-tech-zhujiang').certificate],
    ]);
    const serial = stdout.trim().replace('serial=', '');
    const ask = (asked: string, format = 'hex'): Promise<BrowserAnswer> =>
      operator.open(
        `/console/trust/crl?${new URLSearchParams({ authority: 'zhujiang', serial: asked, format }).toString()}`,
      );
    expect((await ask(serial)).body).toContain('Not on this CRL');
    await city.authority('zhujiang', 'revoke', { serial: serial.toLowerCase(), reason: 'keyCompromise' });
    await eventually('the CRL with it is in force', async () =>
      /keyCompromise/.test((await ask(serial)).body),
    );
    const { body } = await ask(BigInt(`0x${serial}`).toString(), 'decimal');
    expect(body).toContain('Revoked');
    expect(body).toContain('keyCompromise');
    expect((await ask('xyz')).body).toContain('Not a serial number');
  });

  it('counts sign-ins and calls by authority: on the page, as CSV and by the API what the log has', async () => {
    const counted = (authority: string): readonly number[] =>
      ['sign-in', 'call', 'refusal'].map(
        (event) =>
          city.audit().filter((each) => each['event'] === event && each['authority'] === authority).length,
      );
    const before = { zhujiang: counted('zhujiang'), yuean: counted('yuean') };
    // Mutual TLS: three connections with a call each, and one with two.
    for (let time = 0; time < 3; time++)
      expect((await city.curl('/joint-tax', { as: 'lianhua-trade-zhujiang' })).status).toBe(200);
    await city.curl('/joint-tax', { as: 'lianhua-trade-zhujiang', args: [`${city.url}/joint-tax`] });
    expect((await city.curl('/joint-tax', { as: 'lianhua-trade-yuean' })).status).toBe(200);
    // Revoked above: its path is in force.
    expect((await city.curl('/joint-tax', { as: 'pengwan-tech-zhujiang' })).status).toBe(403);
    // The portal: one sign-in, and calls in its session, which are none.
    const session = new Browser(city);
    await session.signIn(await session.open('/signin?return=%2Fme'), 'lianhua-trade-zhujiang');
    for (let time = 0; time < 2; time++) expect((await session.open('/joint-tax')).status).toBe(200);

    const now = { zhujiang: counted('zhujiang'), yuean: counted('yuean') };
    const more = (authority: keyof typeof now): readonly number[] =>
      now[authority].map((count, index) => count - (before[authority][index] ?? 0));
    expect({ zhujiang: more('zhujiang'), yuean: more('yuean') }).toEqual({
      zhujiang: [5, 7, 1],
      yuean: [1, 1, 0],
    });

    const total = async (authority: string): Promise<readonly (number | undefined)[]> => {
      const { body } = await city.curl('/api/admin/v1/authority-use?range=day', { as: 'li-wei-yuean' });
      const { authorities } = JSON.parse(body) as {
        authorities: { authority: string; total: Record<string, number> }[];
      };
      const found = authorities.find((each) => each.authority === authority)?.total;
      return ['signIns', 'calls', 'refusals'].map((name) => found?.[name]);
    };
    // Entries of the one may be there before those of the other.
    for (const authority of ['yuean', 'zhujiang'] as const) {
      await eventually(
        `the index is up to the log of ${authority}`,
        async () => String(await total(authority)) === String(now[authority]),
      );
    }

    const { body } = await operator.open('/console/trust/zhujiang?range=day');
    const tiles = ['Sign-ins', 'Calls', 'Refusals'].map((label) =>
      Number(new RegExp(`<dt>${label}</dt>\\s*<dd>([0-9,]+)`).exec(body)?.[1]),
    );
    expect(tiles).toEqual(now.zhujiang);
    const csv = (await operator.open('/console/trust/zhujiang/use.csv?range=day')).body.trim().split('\r\n');
    const sums = [4, 5, 8].map((column) =>
      csv.slice(1).reduce((sum, line) => sum + Number(line.split(',')[column]), 0),
    );
    expect(sums).toEqual(now.zhujiang);
    expect((await operator.open('/console/trust')).body).toContain('Use of the authorities');
  });

  it('is for auditors to look at', async () => {
    const auditor = await signIn('pengwan-tech-yuean');
    const { body, status } = await auditor.open('/console/trust');
    expect(status).toBe(200);
    expect(body).not.toContain('/console/trust/new');
    expect((await auditor.open('/console/trust/new')).status).toBe(403);
  });

  it('says on the overview what has to be seen to', async () => {
    const { body } = await city.curl('/api/admin/v1/concerns', { as: 'li-wei-yuean' });
    const { concerns } = JSON.parse(body) as { concerns: { path: string; en: string }[] };
    // Nobody publishes a CRL for the authority that was added here, and nobody has brought the files up to that.
    expect(concerns.map(({ path }) => path)).toEqual([
      '/console/trust/lingnan',
      '/console/changes/of/trust-list/city',
    ]);
    const page = await operator.open('/console');
    expect(page.body).toContain('<a href="/console/trust/lingnan">');
  });

  it('answers programs with a client certificate on the mutual TLS listener', async () => {
    const { status, body } = await city.curl('/api/admin/v1/authorities', { as: 'li-wei-yuean' });
    expect(status).toBe(200);
    const names = (JSON.parse(body) as { authority: string }[]).map(({ authority }) => authority);
    expect(names).toEqual(expect.arrayContaining(['yuean', 'zhujiang', 'pengcheng', 'lingnan']));
    const stranger = await city.curl('/api/admin/v1/authorities');
    expect(JSON.parse(stranger.body)).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED', status: 401 });
    const nobody = await city.curl('/api/admin/v1/me', { as: 'chen-fang-zhujiang' });
    expect(JSON.parse(nobody.body)).toMatchObject({ code: 'ONECERT_ROLE_REQUIRED', status: 403 });
  });

  it('met no defect meanwhile', () => {
    expect(city.output()).not.toContain('a defect in');
  });
});
