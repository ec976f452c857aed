import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket as ForeignSocket } from 'ws';
import { makePkcs12 } from '../../src/demo/pkcs12.ts';
import { Refusal } from '../../src/refusal/refusal.ts';
import { httpKeyAgent, webSocketKeyAgent } from '../../src/signin/browser/key-agent.ts';
import { sofKeyMiddleware } from '../../src/signin/browser/sof-agent.ts';
import { createChallenge } from '../../src/signin/challenge.ts';
import type { KeyMiddleware } from '../../src/signin/key-middleware.ts';
import { readResponse } from '../../src/signin/read-response.ts';
import { verifyResponse } from '../../src/signin/verify-response.ts';
import { makeAuthority, makeLeaf } from '../conformance/chains/make-certificate.ts';
import { makeKey } from '../conformance/chains/test-key.ts';
import { createAuthority, haveOpenssl } from '../unit/revocation/openssl-authority.ts';

const ORIGIN = 'https://signin.example.gov.cn';
const challenge = createChallenge({ origin: ORIGIN, browserSession: 'b', at: Date.now() });
const context = { origin: ORIGIN, browserSession: 'b', from: '127.0.0.1', at: challenge.issuedAt + 1 };

const signIn = (signature: object): string[] | string => {
  const answered = readResponse(JSON.parse(JSON.stringify({ challenge: challenge.id, ...signature })));
  if (answered instanceof Refusal) return answered.code;
  const credential = verifyResponse(answered.response, challenge, {
    ...context,
    requiresSigningCertificate: () => true,
  });
  return credential instanceof Refusal
    ? credential.code
    : credential.chain.map((der) => Buffer.from(der).toString('hex'));
};

interface Agent {
  readonly port: number;
  readonly process: ChildProcess;
  readonly output: () => string;
}

/** The example as a process of its own, as a person would start it. */
const startAgent = async (...args: readonly string[]): Promise<Agent> => {
  const child = spawn(
    process.execPath,
    [
      '--conditions=onecert-source',
      'examples/key-agent/agent.ts',
      '--origin',
      ORIGIN,
      '--port',
      '0',
      ...args,
    ],
    { env: { ...process.env, ONECERT_AGENT_PIN: 'onecert' } },
  );
  let output = '';
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  for (;;) {
    const port = /127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    if (port !== undefined) return { port: Number(port), process: child, output: () => output };
    if (child.exitCode !== null) throw new Error(output);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
};
const stop = async ({ process: child }: Agent): Promise<void> => {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
};

/** A page of `origin`: fetch and WebSocket send an Origin as browsers do. */
const asPageOf = async <T>(origin: string, run: () => Promise<T>): Promise<T> => {
  const [fetchBefore, socketBefore] = [globalThis.fetch, globalThis.WebSocket];
  globalThis.fetch = (input, init) =>
    fetchBefore(input, { ...init, headers: { ...(init?.headers as object), origin } });
  // undici's WebSocket takes headers beside the protocols.
  globalThis.WebSocket = class extends socketBefore {
    constructor(url: string | URL) {
      super(url, { headers: { origin } });
    }
  };
  try {
    return await run();
  } finally {
    globalThis.fetch = fetchBefore;
    globalThis.WebSocket = socketBefore;
  }
};

const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    return await promise;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};

describe('the reference key agent', () => {
  let folder: string;
  let agent: Agent;
  const authority = makeAuthority();
  const leaf = makeLeaf({ issuer: authority, subject: '李伟', key: makeKey('rsa2048') });
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-agent-'));
    const key = leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeFileSync(
      join(folder, 'a.p12'),
      makePkcs12({ friendlyName: 'a', key, certificates: [leaf.der, authority.der] }),
    );
    agent = await startAgent('--file', join(folder, 'a.p12'), '--yes');
  });
  afterAll(async () => {
    await stop(agent);
    rmSync(folder, { recursive: true });
  });
  const ways: [string, () => KeyMiddleware][] = [
    ['HTTP', () => httpKeyAgent(`http://127.0.0.1:${agent.port}/onecert/1`)],
    ['WebSocket', () => webSocketKeyAgent(`ws://127.0.0.1:${agent.port}/onecert/1`)],
  ];

  it.each(ways)('shows its certificates and signs a challenge over %s', async (_way, open) => {
    await asPageOf(ORIGIN, async () => {
      const keys = open();
      expect(await keys.info()).toMatchObject({ protocol: 1 });
      const [found, ...more] = await keys.certificates();
      expect(more).toEqual([]);
      expect(found).toMatchObject({
        label: '李伟',
        usage: 'signing',
        certificate: leaf.der.toString('base64'),
        chain: [authority.der.toString('base64')],
      });
      const signature = await keys.sign(found?.handle ?? '', challenge.text);
      expect(signIn(signature)).toEqual([leaf.der, authority.der].map((der) => der.toString('hex')));
    });
    expect(agent.output()).toContain('一证通登录确认');
  });

  it.each(ways)('signs nothing but challenges of the site that asks, over %s', async (_way, open) => {
    await asPageOf(ORIGIN, async () => {
      const keys = open();
      const handle = (await keys.certificates())[0]?.handle ?? '';
      const other = createChallenge({ origin: 'https://evil.example', browserSession: 'b', at: 0 }).text;
      for (const text of [
        '',
        '我同意',
        other,
        `${challenge.text}Site: https://evil.example\n`,
        challenge.text.replace('\n', '\r\n'),
        challenge.text.replace('本签名', '\u202e本签名'),
        challenge.text.repeat(20),
      ])
        expect(await codeOf(keys.sign(handle, text))).toBe('not-a-challenge');
      expect(await codeOf(keys.sign('another', challenge.text))).toBe('unknown-certificate');
    });
  });

  it('does not answer other sites', async () => {
    for (const origin of [
      'https://evil.example',
      `${ORIGIN}.evil.example`,
      'null',
      'http://signin.example.gov.cn',
    ])
      await asPageOf(origin, async () => {
        for (const [, open] of ways) expect(await codeOf(open().info())).toBe('agent-unreachable');
      });
  });

  const raw = async (
    method: string,
    headers: Record<string, string>,
    body = '',
  ): Promise<[number, NodeJS.Dict<string | string[]>, string]> => {
    const outgoing = request({
      host: '127.0.0.1',
      port: agent.port,
      path: '/onecert/1',
      method,
      headers,
      agent: false,
    });
    outgoing.end(body);
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return [response.statusCode ?? 0, response.headers, text];
  };
  const json = { 'content-type': 'application/json', origin: ORIGIN };

  it('lets the browser ask first: origin, method, private network', async () => {
    const asking = { origin: ORIGIN, 'access-control-request-method': 'POST' };
    const [status, headers] = await raw('OPTIONS', {
      ...asking,
      'access-control-request-private-network': 'true',
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
      'access-control-allow-private-network': 'true',
      vary: 'Origin',
    });
    expect((await raw('OPTIONS', asking))[1]).not.toHaveProperty('access-control-allow-private-network');
    const [refused, none] = await raw('OPTIONS', { ...asking, origin: 'https://evil.example' });
    expect(refused).toBe(403);
    expect(none).not.toHaveProperty('access-control-allow-origin');
  });
  it.each<[number, string, string, Record<string, string>, string]>([
    [403, 'no origin', 'POST', { 'content-type': 'application/json' }, '{}'],
    [403, 'a name that was made to resolve here', 'POST', { ...json, host: 'rebound.example:80' }, '{}'],
    [405, 'a form', 'POST', { ...json, 'content-type': 'text/plain' }, '{}'],
    [405, 'GET', 'GET', json, ''],
    [413, 'a large body', 'POST', json, 'x'.repeat(20_000)],
  ])('answers %i to %s', async (status, _what, method, headers, body) => {
    expect((await raw(method, headers, body))[0]).toBe(status);
  });
  it.each(['', '[]', 'null', '{"id":1,"call":"info"}', '{"id":"1","call":"erase"}', '{"id":"1"}'])(
    '%p is malformed',
    async (body) => {
      const [status, , text] = await raw('POST', json, body);
      expect([status, JSON.parse(text)]).toMatchObject([200, { error: { code: 'malformed' } }]);
    },
  );
  it('a WebSocket of another site is refused before it opens', async () => {
    const socket = new ForeignSocket(`ws://127.0.0.1:${agent.port}/onecert/1`, {
      origin: 'https://evil.example',
    });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('without --yes it asks, and no is no', async () => {
    const asking = await startAgent('--file', join(folder, 'a.p12'));
    try {
      await asPageOf(ORIGIN, async () => {
        const keys = httpKeyAgent(`http://127.0.0.1:${asking.port}/onecert/1`);
        const handle = (await keys.certificates())[0]?.handle ?? '';
        for (const [typed, expected] of [
          ['n\n', 'cancelled'],
          ['y\n', undefined],
        ] as const) {
          const signing = codeOf(keys.sign(handle, challenge.text));
          while (!asking.output().endsWith('[y/N] '))
            await once(asking.process.stdout as NodeJS.ReadableStream, 'data');
          asking.process.stdin?.write(typed);
          const result = await signing;
          if (expected === undefined) expect(signIn(result as object)).toHaveLength(2);
          else expect(result).toBe(expected);
        }
      });
    } finally {
      await stop(asking);
    }
  });
  it('with a file that is broken, or none, it does not start', async () => {
    writeFileSync(join(folder, 'b.p12'), readFileSync(join(folder, 'a.p12')).fill(0, 300, 310));
    await expect(startAgent('--file', join(folder, 'b.p12'))).rejects.toThrow();
    await expect(startAgent()).rejects.toThrow('--file');
  });

  (haveOpenssl ? it : it.skip)('signs with SM2, in the form of GM/T 0010', async () => {
    const sm2 = createAuthority('sm2');
    const person = sm2.issue('Li Wei');
    const playing = await startAgent('--key', person.key, '--certificate', person.file, '--yes');
    try {
      await asPageOf(ORIGIN, async () => {
        const keys = webSocketKeyAgent(`ws://127.0.0.1:${playing.port}/onecert/1`);
        const handle = (await keys.certificates())[0]?.handle ?? '';
        expect(signIn(await keys.sign(handle, challenge.text))).toEqual([
          Buffer.from(person.certificate.der).toString('hex'),
        ]);
      });
    } finally {
      await stop(playing);
      rmSync(sm2.folder, { recursive: true });
    }
  });

  it('an agent with SOF functions is used through the same interface', async () => {
    const keys = httpKeyAgent(`http://127.0.0.1:${agent.port}/onecert/1`);
    const calls: string[] = [];
    // A vendor's agent, played over the reference agent.
    const vendor = async (name: string, ...args: readonly (string | number)[]): Promise<string> => {
      calls.push([name, ...args.slice(0, 2)].join(' '));
      const [found] = await keys.certificates();
      if (name === 'SOF_GetUserList') return `李伟||${found?.handle}&&&`;
      if (name === 'SOF_ExportUserCert') return found?.certificate ?? '';
      if (name === 'SOF_Login') return 'true';
      const signature = await keys.sign(String(args[1]), String(args[2]));
      return signature.form === 'cms' ? signature.signedData : '';
    };
    await asPageOf(ORIGIN, async () => {
      const sof = sofKeyMiddleware({ call: vendor, agent: 'A vendor', version: '2' });
      const [found] = await sof.certificates();
      expect(found).toMatchObject({ label: '李伟', certificate: leaf.der.toString('base64') });
      expect(signIn(await sof.sign(found?.handle ?? '', challenge.text))).toHaveLength(2);
      expect(calls.map((call) => call.split(' ')[0])).toEqual([
        'SOF_GetUserList',
        'SOF_ExportUserCert',
        'SOF_Login',
        'SOF_SignMessage',
      ]);
      // The PIN is empty: the agent asks for it.
      expect(calls[2]).toBe(`SOF_Login ${found?.handle} `);
    });
  });
});
