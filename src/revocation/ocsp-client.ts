import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import type { Step } from '../refusal/step.ts';
import { allowedHosts, createHostWarning, isAllowed } from './allowed-hosts.ts';
import { createCircuitBreaker, type CircuitBreaker } from './circuit-breaker.ts';
import type { HttpFetch } from './http-fetch.ts';
import { createOcspBatcher } from './ocsp-batch.ts';
import { exchangeOcsp, type OcspExchange, type OcspExchangeResult } from './ocsp-exchange.ts';
import type { DelegateStatus } from './ocsp-responder.ts';
import { ocspFailed } from './ocsp-steps.ts';
import type { RevocationLog } from './service-log.ts';
import type { RevocationAnswer, RevocationQuestion } from './types.ts';

/** How one responder is doing, for metrics, readiness and operators. */
export interface ResponderStatus {
  readonly url: string;
  readonly state: CircuitBreaker['state'];
  readonly requests: number;
  readonly failures: number;
  /** ms the last answered request took. */
  readonly latency: number | undefined;
  /** ms since the epoch. */
  readonly lastAnswer: number | undefined;
  readonly lastError: string | undefined;
}

/** Asked of the responders as they are now, whatever moment the question is about. */
export type OcspQuestion = Omit<RevocationQuestion, 'at'>;

/** Whom an answer is about: fingerprints (Certificate.fingerprint) of the certificate and its issuer's. */
export interface OcspSubject {
  readonly certificate: string;
  readonly issuer: string;
  readonly authority: string;
}

export interface OcspClientParts {
  readonly fetch: HttpFetch;
  readonly log: RevocationLog;
  readonly clock?: () => number;
  /** Whether the certificate of a responder is revoked, by the CRLs of the authority in question. */
  readonly delegateStatus?: (delegate: Certificate, question: OcspQuestion) => ReturnType<DelegateStatus>;
  /** A certificate is revoked or on hold, which was good or not known here before. */
  readonly onRevoked?: (revoked: OcspSubject & { readonly wasGood: boolean }) => void;
  readonly onExchange?: (exchange: { url: string; outcome: string; ms: number }) => void;
  /** How long questions are gathered into one request, ms. Default 0: not at all. */
  readonly batchWindowMs?: number;
  readonly random?: () => number;
  /** Answers remembered. */
  readonly capacity?: number;
}

export interface OcspClient {
  /**
   * What the responders say: remembered, or asked now, once for everybody who wants to know. A remembered answer that
   * is `overtaken` is asked for again. Rejects only for defects.
   */
  ask(question: OcspQuestion, overtaken?: (answer: RevocationAnswer) => boolean): Promise<RevocationAnswer>;
  /** A good answer about this certificate is believed no longer: it is asked again. Whether there was one. */
  doubt(subject: Omit<OcspSubject, 'authority'>): boolean;
  /** Forgets every answer: after a change of policy. */
  forget(): void;
  status(): readonly ResponderStatus[];
}

/** Responders asked in turn about one certificate, which may name any number. */
const RESPONDER_LIMIT = 3;
/** Responders whose state is kept: operators' and authorities' are few; what certificates name is bounded. */
const RESPONDERS_KEPT = 256;
const CLOCK_STEP_MS = 60_000;

interface Remembered {
  readonly answer: Exclude<RevocationAnswer, { status: 'unknown' }>;
  readonly askedAt: number;
}

interface Responder {
  readonly breaker: CircuitBreaker;
  requests: number;
  failures: number;
  latency: number | undefined;
  lastAnswer: number | undefined;
  lastError: string | undefined;
}

/** Asks OCSP responders (RFC 6960): from the control thread, which alone has the network. */
export const createOcspClient = ({
  fetch,
  log,
  clock = Date.now,
  delegateStatus = () => 'unknown',
  onRevoked = () => undefined,
  onExchange = () => undefined,
  batchWindowMs = 0,
  random = Math.random,
  capacity = 20_000,
}: OcspClientParts): OcspClient => {
  const remembered = new Map<string, Remembered>();
  const asking = new Map<string, Promise<RevocationAnswer>>();
  const responders = new Map<string, Responder>();
  const warnOfHosts = createHostWarning('OCSP responder', log);
  let generation = 0;

  const responderAt = (url: string): Responder => {
    let responder = responders.get(url);
    if (responder === undefined) {
      responder = {
        breaker: createCircuitBreaker({ random }),
        requests: 0,
        failures: 0,
        latency: undefined,
        lastAnswer: undefined,
        lastError: undefined,
      };
    }
    responders.delete(url);
    responders.set(url, responder);
    dropOldest(responders, RESPONDERS_KEPT);
    return responder;
  };

  const send = async (exchange: OcspExchange): Promise<OcspExchangeResult> => {
    const responder = responderAt(exchange.url);
    const started = clock();
    const result = await exchangeOcsp({ fetch, clock }, exchange);
    const ms = clock() - started;
    responder.requests++;
    if ('fault' in result && result.fault) {
      responder.failures++;
      responder.lastError = result.steps.at(-1)?.en ?? result.problem;
      if (responder.breaker.failed(clock())) {
        log.warn(
          { responder: exchange.url, problem: result.problem, reason: responder.lastError },
          'OCSP responder does not work: not asked for a while, then probed. Check that it runs and can be reached from here',
        );
      }
    } else {
      responder.latency = ms;
      responder.lastAnswer = clock();
      if (responder.breaker.succeeded()) log.info({ responder: exchange.url }, 'OCSP responder works again');
    }
    onExchange({ url: exchange.url, outcome: 'fault' in result ? result.problem : 'answered', ms });
    return result;
  };
  const askOne = createOcspBatcher(send, batchWindowMs);

  const askResponders = async (question: OcspQuestion): Promise<RevocationAnswer> => {
    const { certificate, issuer, policy } = question;
    const allowed = allowedHosts(policy);
    const named = policy.ocsp.urls.length > 0 ? policy.ocsp.urls : certificate.ocspUris;
    const urls = named.filter((url) => isAllowed(url, allowed)).slice(0, RESPONDER_LIMIT);
    const steps: Step[] = [];
    if (urls.length === 0) {
      warnOfHosts(question.authority, named, allowed);
      const sentence =
        named.length === 0
          ? {
              zh: '证书和配置都没有指明 OCSP 响应者',
              en: 'Neither certificate nor configuration names an OCSP responder',
            }
          : {
              zh: '证书指明的 OCSP 响应者不在允许访问的主机之列',
              en: 'The OCSP responders the certificate names are not on hosts the policy allows',
            };
      steps.push(ocspFailed('ocsp-request', sentence, formatName(certificate.subject)));
    }
    for (const url of urls) {
      const { breaker } = responderAt(url);
      if (!breaker.admit(clock())) {
        const sentence = {
          zh: 'OCSP 响应者暂时不可用',
          en: 'The OCSP responder is not working and is left alone for now',
        };
        steps.push(ocspFailed('ocsp-request', sentence, url));
        continue;
      }
      const result = await askOne({
        url,
        certificate,
        issuer,
        policy: policy.ocsp,
        allowed,
        delegateStatus: (delegate) => delegateStatus(delegate, question),
      });
      if (!('fault' in result) && result.answer.status !== 'unknown') return result.answer;
      steps.push(...('fault' in result ? result.steps : result.answer.steps));
    }
    return { status: 'unknown', steps };
  };

  const remember = (question: OcspQuestion, answer: RevocationAnswer, askedAt: number): void => {
    if (answer.status === 'unknown') return;
    const subject = subjectOf(question);
    const key = keyOf(subject);
    const before = remembered.get(key)?.answer.status;
    remembered.delete(key);
    remembered.set(key, { answer, askedAt });
    dropOldest(remembered, capacity);
    if (answer.status !== 'good' && before !== answer.status)
      onRevoked({ ...subject, wasGood: before === 'good' });
  };

  return {
    ask: (question, overtaken = () => false) => {
      const key = keyOf(subjectOf(question));
      const known = remembered.get(key);
      const now = clock();
      // What is past its time stays, so that a change from good to revoked is seen.
      if (known !== undefined && now < known.answer.validUntil && now > known.askedAt - CLOCK_STEP_MS) {
        if (!overtaken(known.answer)) return Promise.resolve(known.answer);
      }
      let pending = asking.get(key);
      if (pending === undefined) {
        const begun = generation;
        const asked: Promise<RevocationAnswer> = askResponders(question)
          .then((answer) => {
            if (begun === generation && asking.get(key) === asked) remember(question, answer, now);
            return answer;
          })
          .finally(() => asking.get(key) === asked && asking.delete(key));
        asking.set(key, asked);
        pending = asked;
      }
      return pending;
    },
    doubt: (subject) => {
      const key = keyOf(subject);
      const known = remembered.get(key);
      // What is being asked right now may have been answered before it was revoked.
      const hadAsked = asking.delete(key);
      if (known?.answer.status !== 'good') return hadAsked;
      remembered.set(key, { ...known, answer: { ...known.answer, validUntil: 0 } });
      return true;
    },
    forget: () => {
      generation++;
      remembered.clear();
      asking.clear();
    },
    status: () =>
      [...responders].map(([url, { breaker, requests, failures, latency, lastAnswer, lastError }]) => ({
        url,
        state: breaker.state,
        requests,
        failures,
        latency,
        lastAnswer,
        lastError,
      })),
  };
};

const subjectOf = ({ certificate, issuer, authority }: OcspQuestion): OcspSubject => ({
  certificate: certificate.fingerprint,
  issuer: issuer.fingerprint,
  authority,
});
const keyOf = ({ certificate, issuer }: Omit<OcspSubject, 'authority'>): string => `${certificate} ${issuer}`;

const dropOldest = (map: Map<string, unknown>, capacity: number): void => {
  if (map.size <= capacity) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
};
