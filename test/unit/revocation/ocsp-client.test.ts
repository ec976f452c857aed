import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { createHttpFetcher } from '../../../src/revocation/http-fetch.ts';
import {
  createOcspClient,
  type OcspClient,
  type OcspClientParts,
} from '../../../src/revocation/ocsp-client.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import { createAuthority, haveOpenssl, type Issued, type OpensslAuthority } from './openssl-authority.ts';

const freePort = async (): Promise<number> => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** `openssl ocsp` says on stderr when it listens; a connection without a request would keep it from answering others. */
const ready = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stderr?.on('data', (text: Buffer) => text.includes('waiting for OCSP client') && resolve());
    child.once('exit', (code) => reject(new Error(`openssl ocsp ended with ${code}`)));
  });

const silent = { info: () => undefined, warn: () => undefined };

(haveOpenssl ? describe : describe.skip)('the OCSP client', () => {
  let authority: OpensslAuthority;
  let good: Issued;
  let revoked: Issued;
  const fetcher = createHttpFetcher();
  beforeAll(() => {
    authority = createAuthority('ecdsa');
    good = authority.issue('good');
    revoked = authority.issue('revoked');
    authority.writeIndex([{ of: good }, { of: revoked, revoked: '260102030405Z', reason: 'superseded' }]);
  });
  afterAll(() => fetcher.close());

  const questionFor = (of: Issued, ocsp: object, issuer = authority.certificate) => ({
    certificate: of.certificate,
    issuer,
    authority: 'test',
    policy: revocationPolicySchema.parse({ ocsp }),
  });

  describe('against `openssl ocsp`', () => {
    let responder: ChildProcess;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      responder = spawn(
        'openssl',
        [
          ...['ocsp', '-port', String(port), '-index', authority.index, '-CA', authority.file],
          ...['-rsigner', authority.file, '-rkey', authority.key, '-nmin', '5', '-rmd', 'sha256'],
        ],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      );
      await ready(responder);
    });
    afterAll(() => responder.kill());

    it('gets good, revoked and unknown, with the nonce it demands', async () => {
      const client = createOcspClient({ fetch: fetcher.fetch, log: silent });
      const ocsp = { urls: [`http://127.0.0.1:${port}/`], nonce: 'required' };
      expect(await client.ask(questionFor(good, ocsp))).toMatchObject({ status: 'good' });
      expect(await client.ask(questionFor(revoked, ocsp))).toMatchObject({
        status: 'revoked',
        reason: 'superseded',
      });
      expect(await client.ask(questionFor(authority.issue('missing'), ocsp))).toMatchObject({
        status: 'unknown',
      });
      expect(client.status()).toMatchObject([{ state: 'closed', requests: 3, failures: 0 }]);
    });

    it('asks a responder the certificate names only where the policy allows its host', async () => {
      const named = authority.issue('named', {
        extensions: [`authorityInfoAccess=OCSP;URI:http://127.0.0.1:${port}/`],
      });
      const client = createOcspClient({ fetch: fetcher.fetch, log: silent });
      const question = questionFor(named, {});
      const refused = await client.ask(question);
      expect(refused.status).toBe('unknown');
      expect(refused.steps.at(-1)?.en).toContain('not on hosts the policy allows');
      expect(client.status()).toEqual([]);
      const policy = revocationPolicySchema.parse({ hosts: [`127.0.0.1:${port}`] });
      expect((await client.ask({ ...question, policy })).steps.at(-1)?.check).toBe('ocsp-status');
    });
  });

  describe('against a responder that can misbehave', () => {
    let behaviour: 'answers' | 'fails' | 'silent' | 'one-at-a-time' | 'garbage' = 'answers';
    let asked: number[] = [];
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const der = Buffer.concat(pieces);
        const certificates = der.toString('hex').split('06096086480165030402010500').length - 1;
        asked.push(certificates);
        if (behaviour === 'silent') return;
        if (behaviour === 'fails') response.writeHead(503).end();
        else if (behaviour === 'garbage') response.end('<html>welcome</html>');
        else if (behaviour === 'one-at-a-time' && certificates > 1)
          response.end(Buffer.from('30030a0106', 'hex'));
        else response.end(authority.respond(der));
      });
    });
    let ocsp: object;
    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      ocsp = { urls: [`http://127.0.0.1:${port}/`], timeout: '2s', maximumAge: '10m' };
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });
    let now = 0;
    const lines: string[] = [];
    const create = (more: Partial<OcspClientParts> = {}): OcspClient => {
      behaviour = 'answers';
      asked = [];
      now = Date.now();
      lines.length = 0;
      const log = {
        info: (_fields: object, message: string) => void lines.push(`info ${message}`),
        warn: (_fields: object, message: string) => void lines.push(`warn ${message}`),
      };
      return createOcspClient({ fetch: fetcher.fetch, log, clock: () => now, random: () => 1, ...more });
    };

    it('asks once for everybody, remembers the answer for its time, then asks again', async () => {
      const client = create();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => client.ask(questionFor(good, ocsp))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['good']));
      expect(asked).toEqual([1]);
      now += 10 * 60_000 - 1;
      await client.ask(questionFor(good, ocsp));
      expect(asked).toEqual([1]);
      now += 1;
      await client.ask(questionFor(good, ocsp));
      expect(asked).toEqual([1, 1]);
      client.forget();
      await client.ask(questionFor(good, ocsp));
      expect(asked).toEqual([1, 1, 1]);
    });

    it('says when a certificate that was good has been revoked', async () => {
      let changes = 0;
      const client = create({ onRevoked: () => changes++ });
      const subject = authority.issue('about to be revoked');
      authority.writeIndex([{ of: good }, { of: subject }]);
      expect((await client.ask(questionFor(subject, ocsp))).status).toBe('good');
      authority.writeIndex([
        { of: good },
        { of: subject, revoked: '260102030405Z', reason: 'certificateHold' },
      ]);
      expect((await client.ask(questionFor(subject, ocsp))).status).toBe('good');
      expect(changes).toBe(0);
      now += 10 * 60_000;
      expect((await client.ask(questionFor(subject, ocsp))).status).toBe('on-hold');
      expect(changes).toBe(1);
      now += 10 * 60_000;
      await client.ask(questionFor(subject, ocsp));
      expect(changes).toBe(1);
    });

    it('asks again about a certificate that is doubted, and says so of one first heard of as revoked', async () => {
      const revoked: object[] = [];
      const client = create({ onRevoked: (subject) => revoked.push(subject) });
      const subject = authority.issue('about to be doubted');
      const question = questionFor(subject, ocsp);
      const about = { certificate: subject.certificate.fingerprint, issuer: question.issuer.fingerprint };
      authority.writeIndex([{ of: good }, { of: subject }]);
      expect(client.doubt(about)).toBe(false);
      expect((await client.ask(question)).status).toBe('good');
      authority.writeIndex([
        { of: good },
        { of: subject, revoked: '260102030405Z', reason: 'keyCompromise' },
      ]);
      expect((await client.ask(question)).status).toBe('good');
      expect(client.doubt(about)).toBe(true);
      expect((await client.ask(question)).status).toBe('revoked');
      // What is revoked stays so: nothing told takes it back.
      expect(client.doubt(about)).toBe(false);
      const other = create({ onRevoked: (each) => revoked.push(each) });
      expect((await other.ask(question)).status).toBe('revoked');
      const { authority: name } = question;
      expect(revoked).toEqual([
        { ...about, authority: name, wasGood: true },
        { ...about, authority: name, wasGood: false },
      ]);
    });

    it.each(['answers', 'one-at-a-time'] as const)(
      'asks about several at once, of a responder that %s',
      async (how) => {
        const client = create({ batchWindowMs: 20 });
        behaviour = how;
        const others = ['a', 'b'].map((name) => authority.issue(name));
        authority.writeIndex([{ of: good }, ...others.map((of) => ({ of }))]);
        const answers = await Promise.all([good, ...others].map((of) => client.ask(questionFor(of, ocsp))));
        expect(answers.map(({ status }) => status)).toEqual(['good', 'good', 'good']);
        expect(asked).toEqual(how === 'answers' ? [3] : [3, 1, 1, 1]);
        expect(client.status()).toMatchObject([{ failures: 0, state: 'closed' }]);
      },
    );

    it('leaves a responder alone that has failed, probes it, and takes it up again', async () => {
      const client = create();
      behaviour = 'fails';
      const subjects = Array.from({ length: 4 }, (_, index) => authority.issue(`s${index}`));
      authority.writeIndex(subjects.map((of) => ({ of })));
      const askAll = async (): Promise<string[]> => {
        const statuses: string[] = [];
        for (const of of subjects) statuses.push((await client.ask(questionFor(of, ocsp))).status);
        return statuses;
      };
      expect(await askAll()).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
      expect(asked).toHaveLength(3);
      expect(client.status()).toMatchObject([{ state: 'open', failures: 3 }]);
      expect(lines).toHaveLength(1);

      // The probe fails: left alone for longer, and not logged again.
      now += 2_000;
      await askAll();
      expect(asked).toHaveLength(4);
      now += 3_999;
      await askAll();
      expect(asked).toHaveLength(4);
      now += 1;
      behaviour = 'answers';
      expect(await askAll()).toEqual(['good', 'good', 'good', 'good']);
      expect(client.status()).toMatchObject([{ state: 'closed', failures: 4 }]);
      expect(lines.map((line) => line.split(' ')[0])).toEqual(['warn', 'info']);
    });

    it.each(['silent', 'garbage'] as const)('does not take %s for an answer', async (how) => {
      const client = create();
      behaviour = how;
      const answer = await client.ask(questionFor(good, ocsp));
      expect(answer.status).toBe('unknown');
      expect(answer.steps.at(-1)).toMatchObject({ outcome: 'failed', code: 'ONECERT_REVOCATION_UNKNOWN' });
      expect(client.status()).toMatchObject([{ failures: 1 }]);
    });

    it('turns to the next responder', async () => {
      const client = create();
      const [url] = (ocsp as { urls: string[] }).urls;
      const answer = await client.ask(
        questionFor(good, { urls: [`http://127.0.0.1:${await freePort()}/`, url] }),
      );
      expect(answer.status).toBe('unknown');
      authority.writeIndex([{ of: good }]);
      const again = await client.ask(
        questionFor(good, { urls: [`http://127.0.0.1:${await freePort()}/`, url] }),
      );
      expect(again.status).toBe('good');
    });
  });
});
