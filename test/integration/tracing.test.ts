import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { join } from 'node:path';
import { eventually, hasTools, openSplitCity, type SplitCity } from './city.ts';
import { startCollector, type Collected, type Collector } from './collector.ts';
import { call, keepAliveAgent } from './proxy/client.ts';

const withTools = hasTools() ? describe : describe.skip;

const ENTERPRISE = 'pengwan-tech-yuean';
const CREDIT_CODE = '91440300MA5DEM012D';
const CITIZEN = 'li-wei-yuean';
const CITIZEN_ID = '440305198503120001';
const TOKEN = 'token-of-the-collector';
const STATE = 'vendor=anything,other=1';
const PARENT = '00f067aa0ba902b7';

const newTrace = (): string => randomBytes(16).toString('hex');
const sampled = (trace: string): string => `00-${trace}-${PARENT}-01`;

withTools('traces of calls in a running city', () => {
  let collector: Collector;
  let city: SplitCity;
  let department: Server;
  /** What the tax bureau's back end was sent, by path. */
  const received = new Map<string, IncomingHttpHeaders>();

  beforeAll(async () => {
    collector = await startCollector();
    city = await openSplitCity({ environment: { TRACES_TOKEN: TOKEN } });
    appendFileSync(
      join(city.configuration, 'gateway.yaml'),
      [
        'tracing:',
        `  endpoint: ${collector.url}`,
        "  headers: { Authorization: 'Bearer ${TRACES_TOKEN}' }",
        '  service: city-gateway',
        '  timeout: 2s',
        '',
      ].join('\n'),
    );
    department = createServer((request, response) => {
      received.set((request.url ?? '').replace(/\?.*/, ''), request.headers);
      response.end('from the tax bureau');
    });
    department.listen(city.ports.ONECERT_TAX_PORT, '127.0.0.1');
    await city.start();
  });
  afterAll(async () => {
    await city.remove();
    department.close();
    department.closeAllConnections();
    await collector.close();
  });

  const get = (path: string, as: string | undefined, headers: Readonly<Record<string, string>>) =>
    city.curl(path, {
      as,
      args: Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    });
  /** The spans of a trace, once its server span has come (in the same post as those under it, or a later one). */
  const spansOf = async (trace: string): Promise<readonly Collected[]> => {
    await eventually(`the server span of ${trace}`, () =>
      collector.spans(trace).some(({ kind }) => kind === 'server'),
    );
    return collector.spans(trace);
  };
  const only = (spans: readonly Collected[], what: (span: Collected) => boolean): Collected => {
    const [found, ...more] = spans.filter(what);
    if (found === undefined || more.length > 0)
      throw new Error(`expected one of ${JSON.stringify(spans.map(({ name }) => name))}`);
    return found;
  };
  const byKind = (spans: readonly Collected[], kind: Collected['kind']): Collected =>
    only(spans, (span) => span.kind === kind);
  const named = (spans: readonly Collected[], name: string): Collected =>
    only(spans, (span) => span.name === name);

  it('a call with a traceparent is in its trace, and the back end goes on from the span of the upstream call', async () => {
    const trace = newTrace();
    const path = `/joint-tax/records/${CREDIT_CODE}`;
    const answer = await get(`${path}?name=%E9%B9%8F%E6%B9%BE&id=${CREDIT_CODE}`, ENTERPRISE, {
      traceparent: sampled(trace),
      tracestate: STATE,
      'User-Agent': `agent of ${CITIZEN_ID}`,
    });
    expect(answer.status).toBe(200);
    const spans = await spansOf(trace);
    const server = byKind(spans, 'server');
    expect(server).toMatchObject({
      parent: PARENT,
      name: 'GET /joint-tax/**',
      service: 'city-gateway',
      failed: false,
    });
    expect(server.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': '/joint-tax/**',
      'http.response.status_code': 200,
      'url.scheme': 'https',
      'network.protocol.version': '1.1',
      'onecert.listener': 'mutual-tls',
      'onecert.reference': received.get(path)?.['onecert-reference'],
      'onecert.department': 'tax',
      'onecert.service': 'joint-tax-registration',
      'onecert.decision': 'allow',
      'onecert.verdict': 'reached',
    });
    const client = byKind(spans, 'client');
    expect(client).toMatchObject({ parent: server.id, name: 'GET', failed: false });
    expect(client.attributes).toEqual({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': city.ports.ONECERT_TAX_PORT,
    });
    const judged = named(spans, 'judge certificate');
    expect(judged).toMatchObject({ parent: server.id, kind: 'internal' });
    expect(judged.attributes).toEqual({ 'onecert.verdict': 'reached' });
    expect(named(spans, 'ask register')).toMatchObject({ parent: judged.id, kind: 'internal' });
    for (const { begun, ended } of spans) {
      expect(begun).toBeGreaterThanOrEqual(server.begun);
      expect(ended).toBeGreaterThanOrEqual(begun);
      expect(ended).toBeLessThanOrEqual(server.ended);
    }
    expect(received.get(path)?.traceparent).toBe(`00-${trace}-${client.id}-01`);
    expect(received.get(path)?.tracestate).toBe(STATE);
    // The audit log has the same trace.
    expect(city.audit().find(({ event, trace: of }) => event === 'call' && of === trace)).toBeDefined();
  });

  it('a verdict is reached, cached, or kept, and spans say which', async () => {
    let spans: (readonly Collected[])[] = [];
    // Each thread has its cache, and a CRL that has just come in makes verdicts be reached anew.
    await eventually('a verdict that is cached, then kept', async () => {
      const traces = [newTrace(), newTrace()];
      const agent = keepAliveAgent(city.pair(ENTERPRISE));
      for (const trace of traces) {
        const headers = { traceparent: sampled(trace) };
        expect((await call(city.ports.ONECERT_PORT, '/joint-tax', { agent, headers })).status).toBe(200);
      }
      agent.destroy();
      spans = await Promise.all(traces.map(spansOf));
      const verdicts = spans.map((each) => byKind(each, 'server').attributes['onecert.verdict']);
      return verdicts.join(' ') === 'cached kept';
    });
    const [cached = [], kept = []] = spans;
    expect(named(cached, 'judge certificate').attributes).toEqual({ 'onecert.verdict': 'cached' });
    expect(cached.map(({ name }) => name)).not.toContain('ask register');
    expect(kept.map(({ kind }) => kind).sort()).toEqual(['client', 'server']);
  });

  it('a verdict that a responder is asked for has a span for the wait', async () => {
    const trace = newTrace();
    // This authority's policy asks OCSP first.
    await get('/joint-tax', 'lianhua-trade-zhujiang', { traceparent: sampled(trace) });
    const spans = await spansOf(trace);
    const judged = named(spans, 'judge certificate');
    const asked = spans.filter(({ name }) => name === 'ask revocation');
    // The leaf and the issuing certificate above it.
    expect(asked).toHaveLength(2);
    for (const span of asked) {
      expect(span).toMatchObject({ parent: judged.id, kind: 'internal', failed: false });
      expect(span.attributes).toEqual({ 'onecert.revocation': 'good' });
      expect(span.ended).toBeLessThanOrEqual(judged.ended);
    }
  });

  it('a refused call has its code, and reaches no back end', async () => {
    const [kind, none] = [newTrace(), newTrace()];
    expect((await get(`/joint-tax/${CITIZEN_ID}`, CITIZEN, { traceparent: sampled(kind) })).status).toBe(403);
    expect((await get('/joint-tax', undefined, { traceparent: sampled(none) })).status).toBe(401);
    const spans = await spansOf(kind);
    const server = byKind(spans, 'server');
    expect(server.attributes).toMatchObject({
      'http.response.status_code': 403,
      'onecert.decision': 'refuse',
      'onecert.code': 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
    });
    // What a server refuses is no error of the server.
    expect(server.failed).toBe(false);
    expect(spans.map(({ kind: of }) => of)).not.toContain('client');
    const [stranger] = await spansOf(none);
    expect(stranger?.attributes).toMatchObject({
      'http.response.status_code': 401,
      'onecert.code': 'ONECERT_CERTIFICATE_REQUIRED',
    });
    expect(stranger?.attributes).not.toHaveProperty('onecert.verdict');
  });

  it("the gateway's own pages have their reserved path for a route", async () => {
    const trace = newTrace();
    const answer = await get(`/me/sign-ins/${CITIZEN_ID}`, undefined, { traceparent: sampled(trace) });
    const server = byKind(await spansOf(trace), 'server');
    expect(server.name).toBe('GET /me');
    expect(server.attributes).toMatchObject({
      'http.route': '/me',
      'http.response.status_code': answer.status,
    });
  });

  it('what nobody has sampled is not exported, and back ends are told so', async () => {
    const unsampled = newTrace();
    const given = `00-${unsampled}-${PARENT}-00`;
    await get('/joint-tax/unsampled', ENTERPRISE, { traceparent: given, tracestate: STATE });
    expect(received.get('/joint-tax/unsampled')).toMatchObject({ traceparent: given, tracestate: STATE });
    await get('/joint-tax/begins-here', ENTERPRISE, { tracestate: STATE });
    const begun = received.get('/joint-tax/begins-here');
    expect(begun?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    // That was some other trace's (W3C Trace Context section 3.3).
    expect(begun?.tracestate).toBeUndefined();
    const later = newTrace();
    await get('/joint-tax', ENTERPRISE, { traceparent: sampled(later) });
    await spansOf(later);
    const traces = collector.spans().map(({ trace }) => trace);
    expect(traces).not.toContain(unsampled);
    expect(traces).not.toContain(begun?.traceparent?.toString().slice(3, 35));
  });

  it('nothing that was exported tells of a person', async () => {
    const sent = collector.octets();
    expect(sent.length).toBeGreaterThan(1_000);
    const entries = city
      .audit()
      .filter(({ event }) => event === 'call' || event === 'sign-in' || event === 'refusal');
    const ofPeople = entries
      .flatMap(({ unifiedId, thumbprint }) => [unifiedId, thumbprint])
      .filter((id) => id !== undefined);
    expect(ofPeople.length).toBeGreaterThan(4);
    const personal = new Set([
      ...ofPeople.map(String),
      ...[
        '李伟',
        '鹏湾',
        '%E9%B9%8F',
        encodeURIComponent('李伟'),
        CITIZEN_ID,
        CREDIT_CODE,

        'records',
        'agent of',
      ],
      ...entries.map(({ verdict }) => String(verdict)).filter((verdict) => verdict !== 'undefined'),
      'vendor=anything',
    ]);
    for (const text of personal) {
      expect({ text, found: sent.includes(text) }).toEqual({ text, found: false });
      expect({ text, found: sent.includes(JSON.stringify(text).slice(1, -1)) }).toEqual({
        text,
        found: false,
      });
    }
    const names = new Set(collector.spans().flatMap(({ attributes }) => Object.keys(attributes)));
    for (const name of ['url.path', 'url.query', 'url.full', 'client.address', 'user_agent.original']) {
      expect(names).not.toContain(name);
    }
  });

  it('the collector is shown the credentials of the environment, and the log is not', async () => {
    expect(new Set(collector.posts.map(({ authorization }) => authorization))).toEqual(
      new Set([`Bearer ${TOKEN}`]),
    );
    expect(city.output()).not.toContain(TOKEN);
    const exported = await city.metric('onecert_trace_spans_exported_total');
    expect(exported.get('')).toBeGreaterThan(10);
  });

  it('while the collector is away calls go on, what is lost is counted, and the end does not wait for it', async () => {
    await collector.close();
    const agent = keepAliveAgent(city.pair(ENTERPRISE));
    const traced = async (): Promise<number> =>
      (
        await call(city.ports.ONECERT_PORT, '/joint-tax', {
          agent,
          headers: { traceparent: sampled(newTrace()) },
        })
      ).status;
    for (let count = 0; count < 20; count++) expect(await traced()).toBe(200);
    const dropped = async (): Promise<number> =>
      (await city.metric('onecert_trace_spans_dropped_total')).get('{reason="collector"}') ?? 0;
    await eventually('spans are counted as lost', async () => (await dropped()) >= 40);
    expect(await traced()).toBe(200);
    expect(
      city.log().filter(({ msg }) => String(msg).startsWith('the collector does not take traces')),
    ).toHaveLength(1);
    agent.destroy();
    expect(await city.stop()).toBe(0);
  });
});
