import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CATALOGUE } from '../../src/inspection/catalogue/catalogue.ts';
import { hasTools, openCity, type City } from './city.ts';

interface Report {
  readonly schema: string;
  readonly gateway: string;
  readonly score: number;
  readonly counts: Record<string, number>;
  readonly results: readonly {
    readonly id: string;
    readonly status: string;
    readonly findings: readonly { readonly text: { readonly zh: string; readonly en: string } }[];
  }[];
}

(hasTools() ? describe : describe.skip)('onecert inspect, of the demo city', () => {
  let city: City;
  beforeAll(async () => {
    city = await openCity();
    await city.start();
    expect(await city.curl('/joint-tax', { as: 'pengwan-tech-yuean' })).toMatchObject({ status: 200 });
  }, 120_000);
  afterAll(async () => {
    await city.stop();
    await city.remove();
  });

  const inspect = (...more: string[]) =>
    city.onecert(
      ...['inspect', '--config', city.configuration, '--no-advisories'],
      ...['--tls-ca', join(city.data, 'city/tls/ca.crt')],
      ...more,
    );
  const inspected = async (): Promise<Report> => {
    const { stdout, stderr } = await inspect('--json');
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as Report;
  };
  const statusOf = ({ results }: Report, id: string) => results.find((each) => each.id === id)?.status;
  const findingsOf = ({ results }: Report, id: string) =>
    results.find((each) => each.id === id)?.findings.map(({ text }) => text.en);

  it('looks at all of the catalogue, and finds the demo what it is: sound, and no deployment', async () => {
    const report = await inspected();
    expect(report).toMatchObject({ schema: 'onecert-inspection/1', gateway: city.url });
    expect(report.results.map(({ id }) => id)).toEqual(CATALOGUE.map(({ id }) => id));
    const passes = report.results.flatMap(({ id, status }) => (status === 'pass' ? [id] : []));
    expect(passes).toEqual(
      expect.arrayContaining([
        ...['tls-version', 'tls-chain', 'keys-secrets-readable', 'revocation-crl'],
        ...['audit-healthy', 'audit-last-segment', 'people-departments'],
      ]),
    );
    expect(statusOf(report, 'trust-signed')).toBe('fail');
    expect(statusOf(report, 'audit-witness')).toBe('fail');
    // The registry was not asked, and that is no pass.
    expect(statusOf(report, 'dependencies-advisories')).toBe('unknown');
  });

  it('goes by what the change store has, not by what a file says that is not taken', async () => {
    const before = await inspected();
    expect(findingsOf(before, 'enrolment-limits')?.join()).toContain('tax/joint-tax');
    const file = join(city.configuration, 'departments/tax.yaml');
    const written = readFileSync(file, 'utf8');
    writeFileSync(file, `${written}\nnonsense: true\n`);
    const after = await inspected();
    writeFileSync(file, written);
    expect(findingsOf(after, 'enrolment-limits')).toEqual(findingsOf(before, 'enrolment-limits'));
  });

  it('ends with 1 where a check fails that is as severe as was asked for, and with 0 otherwise', async () => {
    const failed = (await inspected()).results.filter(({ status }) => status === 'fail');
    expect(failed.length).toBeGreaterThan(0);
    expect((await inspect('--fail-on', 'low')).code).toBe(1);
    expect((await inspect('--fail-on', 'critical')).code).toBe(0);
  });

  it('writes a page for the file, that nobody else may read', async () => {
    const file = join(city.folder, 'report.html');
    await inspect('--html', file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>\s*<html lang="zh-CN"/i);
  });

  it('says what only a gateway that runs can tell, and passes none of it unseen', async () => {
    await city.stop();
    const { stderr, stdout } = await inspect('--json');
    expect(stderr).toContain('does not answer at its admin listener');
    const report = JSON.parse(stdout) as Report;
    for (const id of ['tls-version', 'tls-chain', 'audit-healthy'])
      expect(statusOf(report, id)).toBe('unknown');
  });
});
