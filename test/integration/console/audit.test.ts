import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifierKeysPath } from '../../../src/audit/checkpoint/checkpoints-file.ts';
import { eventually } from '../city.ts';
import { onecert } from '../city-command.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const SOMEBODY = 'BwcHBwcHBwcHBwcHBwcHBw';
const FROM = '198.51.100.77';

describe('the audit log in the console', () => {
  let opened: OpenedConsole;
  let auditor: ConsoleVisitor;
  let officer: ConsoleVisitor;
  let folder: string;
  let seq: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-console-audit-'));
    opened = await openConsole();
    auditor = await opened.signIn('auditor');
    officer = await opened.signIn('taxOfficer');
    const at = opened.clock.now;
    const person = { unifiedId: SOMEBODY, from: FROM, thumbprint: 'c'.repeat(43) };
    await opened.log.record(
      { event: 'call', at, department: 'tax', service: 'tax-filing', reference: 'aaa111', ...person },
      {
        event: 'call',
        at,
        department: 'education',
        service: 'school-enrolment',
        reference: 'bbb222',
        ...person,
      },
    );
    seq = Number(opened.entries().find(({ reference }) => reference === 'aaa111')?.['seq']);
  }, 120_000);
  afterAll(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (visitor: ConsoleVisitor, path: string, fields: Readonly<Record<string, string>> = {}) =>
    visitor.ask(path, {
      method: 'POST',
      headers: { 'accept-language': 'en' },
      body: new URLSearchParams({ token: opened.tokenOf(visitor), ...fields }),
    });
  const asked = (what: string) => opened.entries().filter((entry) => entry['what'] === what);

  it('finds entries without a reason, and says nothing of persons', async () => {
    const { status, body } = await post(auditor, '/console/audit', { reference: 'aaa111' });
    expect(status).toBe(200);
    expect(body).toContain(`href="/console/audit/entries/${seq}"`);
    expect(body).not.toContain('bbb222');
    expect(body).not.toContain(FROM);
    expect(body).toContain('(encrypted)');
  });

  it('opens for a reason that is in the log first, which does not name the person', async () => {
    const before = asked('audit-search').length;
    for (const fields of [{ open: 'true' }, { unifiedId: SOMEBODY }, { certificate: 'c'.repeat(43) }])
      expect((await post(auditor, '/console/audit', fields as Record<string, string>)).status).toBe(422);
    expect(asked('audit-search')).toHaveLength(before);
    const { body } = await post(auditor, '/console/audit', {
      unifiedId: SOMEBODY,
      open: 'true',
      reason: 'case 12',
    });
    expect(body).toContain(FROM);
    expect(body).toContain('aaa111');
    expect(body).toContain('bbb222');
    const entry = asked('audit-search').at(-1);
    expect(entry).toMatchObject({ reason: 'case 12' });
    expect(JSON.stringify(entry)).not.toContain(SOMEBODY);
  });

  it("shows an officer the own department's entries, and nobody in them", async () => {
    const { body } = await post(officer, '/console/audit');
    expect(body).toContain('aaa111');
    expect(body).not.toContain('bbb222');
    expect(body).not.toContain(FROM);
    const other = await post(officer, '/console/audit', { department: 'education' });
    expect([other.status, other.body]).toEqual([404, expect.stringContaining('ONECERT_OTHER_DEPARTMENT')]);
    const opening = await post(officer, '/console/audit', { open: 'true', reason: 'curious' });
    expect(opening.status).toBe(403);
    expect((await officer.page(`/console/audit/entries/${seq}`)).status).toBe(200);
    expect((await officer.page(`/console/audit/entries/${seq + 1}`)).status).toBe(404);
    expect((await post(officer, `/console/audit/entries/${seq}`, { reason: 'x' })).status).toBe(403);
  });

  it('shows one entry, opened for a reason', async () => {
    const path = `/console/audit/entries/${seq}`;
    const closed = await auditor.page(path);
    expect(closed.body).toContain('aaa111');
    expect(closed.body).not.toContain(FROM);
    expect((await post(auditor, path)).status).toBe(422);
    expect((await post(auditor, path, { reason: 'case 12' })).body).toContain(FROM);
    expect((await auditor.page('/console/audit/entries/999999')).status).toBe(404);
  });

  it('gives a proof that the command takes', async () => {
    let proof = '';
    await eventually('a checkpoint covers it', async () => {
      const { status, body } = await auditor.page(`/console/audit/entries/${seq}/proof`);
      proof = body;
      return status === 200;
    });
    const file = join(folder, 'proof.json');
    writeFileSync(file, proof);
    const key = readFileSync(verifierKeysPath(opened.log.folder), 'utf8').trim();
    const { code, stdout } = await onecert(['audit', 'check-proof', file, '--key', key], process.env);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`entry ${seq} is in the log`)]);
    expect((await auditor.page('/console/audit')).body).toContain('portal.example.gov.cn/audit/1');
  }, 90_000);

  it('exports for a reason, recorded; as CSV and as JSON lines', async () => {
    expect((await post(auditor, '/console/audit/export', { format: 'csv' })).status).toBe(422);
    const fields = { reason: 'yearly report', department: 'tax', event: 'call' };
    const csv = await post(auditor, '/console/audit/export', { ...fields, format: 'csv' });
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.body.trim().split('\n')).toEqual([
      expect.stringMatching(/^seq,at,event/),
      expect.stringContaining('aaa111'),
    ]);
    expect(csv.body).not.toContain(FROM);
    const lines = await post(auditor, '/console/audit/export', { ...fields, format: 'jsonl', open: 'true' });
    expect(JSON.parse(lines.body)).toMatchObject({ seq, from: FROM, unifiedId: SOMEBODY });
    expect(asked('audit-export').map(({ reason }) => reason)).toEqual(['yearly report', 'yearly report']);
  });
});
