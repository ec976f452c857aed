import type { EventEmitter } from 'node:events';
import { BlockList, isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Pool, type buildConnector } from 'undici';
import type { ServiceTrial, TrialAnswer, TrialKind, TryService } from '../admin/services/trial.ts';
import type { AssertionIssuer, AssertionSubject } from '../assertion/issue.ts';
import { ASSERTION_HEADER } from '../assertion/claims.ts';
import type { PairwiseId } from '../decision/caller-claims.ts';
import { forwardingHeaders } from '../proxy/caller-headers.ts';
import { readTarget } from '../proxy/target.ts';
import { createConnector, UNTRUSTED, type UpstreamTls } from '../proxy/upstream-tls.ts';
import { metadataProblem, type AddressProblem } from '../services/back-end-addresses.ts';
import type { BackendEntry } from '../services/back-ends.ts';
import { opensOperation } from '../services/directory.ts';
import type { Service } from '../services/enrolment.ts';

export interface TrialParts {
  /** Public URL of the gateway. */
  readonly issuer: string;
  readonly assertions: AssertionIssuer;
  readonly pairwiseId: PairwiseId;
  readonly upstreamTls: () => UpstreamTls;
  /** Whether a back end is the gateway itself. */
  readonly backEndProblem: (url: URL) => AddressProblem | undefined;
}

/** ms for a whole trial, whatever the enrolment allows. */
const LONGEST_MS = 10_000;
/** Octets of the answer's body that are shown. */
const SHOWN = 16_384;
/** At one time, in this gateway: somebody waits for each of them. */
const AT_ONCE = 4;
/** TEST-NET-1 (RFC 5737): nobody's. */
const FROM = '192.0.2.1';

/**
 * Nobody: names with a colon are no unified ids, so their pairwise ids are no person's; the numbers are of a region (00) and
 * an administration (00) that do not exist, with right check digits (GB 11643, GB 32100).
 */
const PEOPLE: Readonly<
  Record<
    TrialKind,
    { readonly name: string; readonly identifier: { readonly type: string; readonly value: string } }
  >
> = {
  citizen: {
    name: '测试用户（非真实人员）',
    identifier: { type: 'citizen-id-number', value: '000000190001010009' },
  },
  enterprise: {
    name: '测试企业（非真实单位）',
    identifier: { type: 'unified-social-credit-code', value: '000000000000000000' },
  },
};

/** What the test identity is told to a service as: what its enrolment asks for, and that it is a test. */
export const trialSubject = (pairwiseId: PairwiseId, service: Service, kind: TrialKind): AssertionSubject => {
  const { department } = service.department;
  const { name, identifier } = PEOPLE[kind];
  const told = new Set(service.claims.map(({ claim }) => claim));
  return {
    sub: pairwiseId(`test:${kind}`, department),
    aud: service.service,
    verdict: pairwiseId(`verdict:test:${kind}`, department),
    test: true,
    ...(told.has('kind') && { kind }),
    ...(told.has('unified-id') && { unified_id: `test:${kind}` }),
    ...(told.has('name') && { name }),
    ...(told.has('identifiers') && { identifiers: [identifier] }),
    ...(told.has('authority') && { authority: 'test' }),
    ...(told.has('assurance') && { assurance: 'low' as const }),
    ...(told.has('acting') && kind === 'enterprise' && { acting: { role: 'unknown' } }),
  };
};

export const createServiceTrials = (parts: TrialParts): TryService => {
  let running = 0;
  return async (trial) => {
    const refusal = running >= AT_ONCE ? BUSY : refuseTrial(parts, trial);
    const [entry] = trial.service.backends;
    if (entry === undefined) throw new Error('an enrolment has a back end');
    const plan = planOf(parts, trial, entry);
    if (refusal !== undefined) return { ...plan.shown, tookMs: 0, outcome: refusal };
    running += 1;
    try {
      return await send(parts, trial, entry, plan);
    } finally {
      running -= 1;
    }
  };
};

type NotSent = Extract<TrialAnswer['outcome'], { code: string }>;
const BUSY: NotSent = { code: 'ONECERT_TOO_MANY_ATTEMPTS', problem: 'other trials are under way' };

/** What the gateway would not let through, in the order it asks. */
const refuseTrial = (
  { issuer, backEndProblem }: TrialParts,
  { service, kind, method, target }: ServiceTrial,
): NotSent | undefined => {
  const read = readTarget(target, new URL(issuer).host);
  if (typeof read !== 'object')
    return { code: 'ONECERT_PATH_AMBIGUOUS', problem: 'the path can be read in more than one way' };
  const { path } = read;
  if (path !== service.path && !path.startsWith(`${service.path}/`))
    return { code: 'ONECERT_SERVICE_NOT_FOUND', problem: `the path does not begin with ${service.path}` };
  if (!service.subjects.includes(kind))
    return { code: 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED', problem: `the service is not for ${kind}` };
  if (!opensOperation(service, method, path))
    return { code: 'ONECERT_METHOD_NOT_ENROLLED', problem: `${method} ${path} is not open` };
  for (const { url } of service.backends) {
    const problem = metadataProblem(new URL(url)) ?? backEndProblem(new URL(url));
    if (problem !== undefined) return { code: problem.code, problem: problem.message };
  }
  return undefined;
};

interface Plan {
  readonly shown: Pick<TrialAnswer, 'request' | 'claims'>;
  /** Alternating names and values. */
  readonly headers: readonly string[];
  readonly path: string;
  readonly origin: string;
}

const planOf = (parts: TrialParts, trial: ServiceTrial, { url }: BackendEntry): Plan => {
  const { service, kind, method, target, body, contentType } = trial;
  const { origin, pathname } = new URL(url);
  const below = service.stripPath ? target.slice(service.path.length) : target;
  const path = pathname.replace(/\/+$/, '') + (below.startsWith('/') ? below : `/${below}`);
  const host = new URL(parts.issuer).host;
  const visible = [
    ...['Host', host, 'User-Agent', 'OneCert-Trial', 'Accept', '*/*'],
    ...(body === undefined ? [] : ['Content-Type', contentType ?? 'application/json']),
    ...forwardingHeaders(FROM, host),
  ];
  const assertion = parts.assertions.issue(trialSubject(parts.pairwiseId, service, kind));
  const headers = [...visible, ASSERTION_HEADER, assertion];
  return {
    shown: {
      request: { method, url: origin + path, headers: [...pairs(visible), [ASSERTION_HEADER, '…']] },
      claims: claimsOf(assertion),
    },
    headers,
    path,
    origin,
  };
};

const pairs = (flat: readonly string[]): (readonly [string, string])[] =>
  flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));

const claimsOf = (assertion: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >;

const send = async (
  parts: TrialParts,
  { service, method, body }: ServiceTrial,
  entry: BackendEntry,
  { shown, headers, path, origin }: Plan,
): Promise<TrialAnswer> => {
  const begun = performance.now();
  const took = (): number => Math.round(performance.now() - begun);
  const limit = Math.min(LONGEST_MS, service.timeouts.connect + service.timeouts.response);
  const signal = AbortSignal.timeout(limit);
  const material = entry.tls?.use === undefined ? undefined : parts.upstreamTls()[entry.tls.use];
  const connect = createConnector({
    url: new URL(entry.url),
    timeout: Math.min(service.timeouts.connect, limit),
    tls: entry.tls,
    material,
  });
  const pool = new Pool(origin, {
    connections: 1,
    connect: notToBlocked(connect, new URL(entry.url), parts),
  });
  (pool as EventEmitter).on('error', () => {});
  try {
    const answer = await pool.request({
      path,
      method,
      headers: headers as string[],
      body: body ?? null,
      headersTimeout: limit,
      bodyTimeout: limit,
      signal,
    });
    const { text, isCut } = await beginningOf(answer.body);
    return {
      ...shown,
      tookMs: took(),
      outcome: { status: answer.statusCode, headers: headersOf(answer.headers), body: text, isCut },
    };
  } catch (error) {
    return { ...shown, tookMs: took(), outcome: failureOf(error, signal.aborted) };
  } finally {
    await pool.destroy();
  }
};

const headersOf = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): (readonly [string, string])[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => [name, each] as const),
  );

const beginningOf = async (
  body: AsyncIterable<Buffer>,
): Promise<{ readonly text: string; readonly isCut: boolean }> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > SHOWN) break;
  }
  return { text: Buffer.concat(chunks).subarray(0, SHOWN).toString('utf8'), isCut: length > SHOWN };
};

const failureOf = (error: unknown, timedOut: boolean): NotSent => {
  const { code: said, message, name } = error as NodeJS.ErrnoException;
  // A DOMException's code is a number, and says less than its name.
  const code = typeof said === 'string' ? said : '';
  if (code.startsWith('ONECERT_'))
    return { code: code === UNTRUSTED ? 'ONECERT_UPSTREAM_UNTRUSTED' : code, problem: message };
  if (timedOut || /TIMEOUT|TimeoutError/.test(code + name))
    return { code: 'ONECERT_UPSTREAM_TIMEOUT', problem: 'no whole answer in time' };
  // Of certificates: the system's word for it says more than ours.
  const isTrust = /CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code);
  return {
    code: isTrust ? 'ONECERT_UPSTREAM_UNTRUSTED' : 'ONECERT_UPSTREAM_UNREACHABLE',
    problem: code === '' ? message : `${code}: ${message}`,
  };
};

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addAddress('0.0.0.0', 'ipv4');

/** A name may stand for any address: the one that was connected to is looked at before anything is sent to it. */
const notToBlocked =
  (connect: buildConnector.connector, url: URL, { backEndProblem }: TrialParts): buildConnector.connector =>
  (options, done) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return done(error, null);
      const problem = problemOfAddress(socket.remoteAddress ?? '', url, backEndProblem);
      if (problem === undefined) return done(null, socket);
      socket.destroy();
      done(Object.assign(new Error(problem.message), { code: problem.code }), null);
    });

const problemOfAddress = (
  address: string,
  url: URL,
  backEndProblem: TrialParts['backEndProblem'],
): AddressProblem | undefined => {
  const family = isIP(address);
  const at = new URL(url);
  at.hostname = family === 6 ? `[${address}]` : address;
  const isBlocked = family !== 0 && LINK_LOCAL.check(address, family === 6 ? 'ipv6' : 'ipv4');
  const blocked = isBlocked
    ? { code: 'ONECERT_BACKEND_METADATA', message: 'the name stands for a link-local address' }
    : undefined;
  return blocked ?? metadataProblem(at) ?? backEndProblem(at);
};
