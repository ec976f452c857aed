import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifierKeysPath } from '../../../src/audit/checkpoint/checkpoints-file.ts';
import type { InclusionProof } from '../../../src/audit/prove.ts';
import type { DemoCertificate } from '../../../src/demo/index.ts';
import { eventually } from '../city.ts';
import { onecert, type CommandResult } from '../city-command.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';
import { Visitor, type Answer } from './visitor.ts';

describe('the proof of a sign-in', () => {
  let opened: OpenedPortal;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-proof-'));
    opened = await openPortal();
  }, 120_000);
  afterAll(async () => {
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const person = (name: string): DemoCertificate => {
    const found = opened.opened.certificates.find((each) => `${each.person}-${each.authority}` === name);
    if (found === undefined) throw new Error(`no certificate ${name}`);
    return found;
  };
  const signIn = async (name: string): Promise<Visitor> => {
    const visitor = new Visitor(opened.socket);
    expect((await visitor.signBy(person(name))).status).toBe(200);
    return visitor;
  };
  const linkOn = ({ body }: Answer): string => {
    const link = /href="(\/me\/sign-ins\/\d+\/proof)"/.exec(body)?.[1];
    if (link === undefined) throw new Error('no link to a proof');
    return link;
  };
  const codeOf = ({ body }: Answer): unknown => (JSON.parse(body) as { code?: unknown }).code;
  const problem = { headers: { accept: 'application/problem+json' } };
  const check = (proof: string): Promise<CommandResult> => {
    const file = join(folder, 'sign-in.proof.json');
    writeFileSync(file, proof);
    const key = readFileSync(verifierKeysPath(opened.log.folder), 'utf8').trim();
    return onecert(['audit', 'check-proof', file, '--key', key], process.env);
  };

  it('is downloaded from the page of sign-ins, and holds; changed by one character it does not', async () => {
    // So that there is a tree to be proven in.
    await signIn('chen-fang-yuean');
    const visitor = await signIn('li-wei-yuean');
    const page = await visitor.ask('/me/sign-ins');
    expect(page.body).toContain('这份证明说明什么');
    expect(page.body).toContain('onecert audit check-proof');
    const path = linkOn(page);
    let answer = await visitor.ask(path);
    await eventually('a checkpoint covers it', async () => {
      answer = await visitor.ask(path, problem);
      if (answer.status !== 200) expect(codeOf(answer)).toBe('ONECERT_AUDIT_PROOF_PENDING');
      return answer.status === 200;
    });
    expect(answer.headers['content-disposition']).toMatch(
      /^attachment; filename="?sign-in-\d+\.proof\.json"?$/,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    const proof = JSON.parse(answer.body) as InclusionProof;
    expect(JSON.parse(proof.line ?? '')).toMatchObject({ event: 'sign-in', seq: proof.seq });

    const held = await check(answer.body);
    expect([held.code, held.stdout]).toEqual([
      0,
      expect.stringContaining(`entry ${proof.seq} is in the log`),
    ]);
    const changed = { ...proof, line: proof.line?.replace('"event":"sign-in"', '"event":"sign-on"') };
    expect(changed.line).not.toBe(proof.line);
    const refused = await check(JSON.stringify(changed));
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    const moved = await check(JSON.stringify({ ...proof, proof: proof.proof.map(() => proof.leaf) }));
    expect([proof.proof.length > 0, moved.code]).toEqual([true, 1]);
  }, 60_000);

  it("is not given of somebody else's entry, of what is no sign-in, or to nobody", async () => {
    const mine = await signIn('li-wei-yuean');
    const path = linkOn(await mine.ask('/me/sign-ins'));
    const other = await signIn('chen-fang-yuean');
    for (const [visitor, asked] of [
      [other, path],
      [mine, '/me/sign-ins/0/proof'],
      [mine, '/me/sign-ins/999999999/proof'],
      [mine, '/me/sign-ins/-1/proof'],
      [mine, '/me/sign-ins/1e3/proof'],
      [mine, '/me/sign-ins/99999999999999999999/proof'],
    ] as const) {
      const answer = await visitor.ask(asked, problem);
      expect([asked, answer.status, codeOf(answer)]).toEqual([asked, 404, 'ONECERT_AUDIT_ENTRY_UNKNOWN']);
    }
    const stranger = await new Visitor(opened.socket).ask(path);
    expect([stranger.status, stranger.headers.location]).toEqual([
      303,
      `/signin?return=${encodeURIComponent(path)}`,
    ]);
  });
});
