import type { Request, Response } from 'express';
import { readFileSync } from 'node:fs';
import { Agent, fetch } from 'undici';
import { escapeHtml, type Greeting } from '../greeting.ts';

/** What the school enrolment check needs to call other departments. */
export interface CheckSettings {
  /** Token endpoint of the gateway's OpenID Provider. */
  readonly tokenUrl: string;
  readonly clientSecret: string;
  /** PEM of the authority of the gateway's TLS certificate, where the system does not know it. */
  readonly ca?: string;
  /** Addresses of the other departments' servers. */
  readonly servers: Readonly<Record<'tax' | 'education' | 'housing', string>>;
}

export const readCheckSettings = (): CheckSettings => {
  const { env } = process;
  return {
    tokenUrl: env.ONECERT_TOKEN_URL ?? 'https://localhost:8440/oidc/token',
    clientSecret: env.ONECERT_CLIENT_SECRET ?? '',
    ...(env.ONECERT_TOKEN_CA !== undefined && { ca: readFileSync(env.ONECERT_TOKEN_CA, 'utf8') }),
    servers: {
      tax: env.ONECERT_TAX_URL ?? 'http://127.0.0.1:8461',
      education: env.ONECERT_EDUCATION_URL ?? 'http://127.0.0.1:8462',
      housing: env.ONECERT_HOUSING_URL ?? 'http://127.0.0.1:8463',
    },
  };
};

interface Asked extends Greeting {
  readonly service: string;
  readonly server: keyof CheckSettings['servers'];
  readonly path: string;
}

/** Six departments, one question each. */
const ASKED: readonly Asked[] = [
  {
    service: 'residence-permit',
    server: 'education',
    path: '/check',
    zh: '公安：居住证',
    en: 'Public security: residence permit',
  },
  {
    service: 'business-records',
    server: 'tax',
    path: '/business-records/check',
    zh: '市场监管：经营登记',
    en: 'Market supervision: business records',
  },
  {
    service: 'family-planning',
    server: 'education',
    path: '/family-planning/check',
    zh: '卫健：计划生育证明',
    en: 'Health: family planning',
  },
  {
    service: 'property-registration',
    server: 'housing',
    path: '/property-registration/check',
    zh: '规划资源：不动产登记',
    en: 'Natural resources: property',
  },
  {
    service: 'social-insurance',
    server: 'housing',
    path: '/social-insurance/check',
    zh: '人社：社会保险',
    en: 'Human resources: social insurance',
  },
  {
    service: 'rental-housing',
    server: 'housing',
    path: '/rental-housing/check',
    zh: '住建：房屋租赁',
    en: 'Housing: rental contract',
  },
];

export interface Answer {
  readonly service: string;
  readonly question: Greeting;
  /** Undefined where the department was not asked or did not answer; `failure` says why. */
  readonly finding?: Greeting;
  readonly failure?: string;
}

const TIMEOUT_MS = 10_000;

/** One page of six answers: each asked in the person's name, by an assertion that this service got in exchange for its own. */
export const checkSchoolEnrolment = (settings: CheckSettings) => {
  const dispatcher = new Agent({ connect: settings.ca === undefined ? {} : { ca: settings.ca } });
  return async (request: Request, response: Response): Promise<void> => {
    const own = request.get('OneCert-Assertion') ?? '';
    // So that the audit log shows all of it as one: the call that came in, and the six that follow from it.
    const traceparent = request.get('traceparent') ?? '';
    const answers = await Promise.all(
      ASKED.map(async (asked): Promise<Answer> => {
        const { service, zh, en } = asked;
        const question = { zh, en };
        try {
          const assertion = await exchange(settings, dispatcher, own, service, traceparent);
          return { service, question, finding: await ask(settings, asked, assertion, traceparent) };
        } catch (error) {
          return { service, question, failure: error instanceof Error ? error.message : String(error) };
        }
      }),
    );
    response.set('Cache-Control', 'no-store').format({
      json: () => response.json({ person: request.onecert?.sub, answers }),
      html: () => response.send(page(request.onecert?.name ?? '', answers)),
    });
  };
};

/** OAuth 2.0 Token Exchange (RFC 8693). */
const exchange = async (
  { tokenUrl, clientSecret }: CheckSettings,
  dispatcher: Agent,
  subjectToken: string,
  audience: string,
  traceparent: string,
): Promise<string> => {
  const answer = await fetch(tokenUrl, {
    method: 'POST',
    dispatcher,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      Authorization: `Basic ${Buffer.from(`school-enrolment:${clientSecret}`).toString('base64')}`,
      traceparent,
    },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      audience,
    }),
  });
  const body = (await answer.json()) as Record<string, string>;
  if (answer.status !== 200)
    throw new Error(body['error_description'] ?? body['error'] ?? `status ${answer.status}`);
  return body['access_token'] ?? '';
};

const ask = async (
  { servers }: CheckSettings,
  { server, path }: Asked,
  assertion: string,
  traceparent: string,
): Promise<Greeting> => {
  const answer = await fetch(`${servers[server]}${path}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { 'OneCert-Assertion': assertion, traceparent },
  });
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  return ((await answer.json()) as { finding: Greeting }).finding;
};

const page = (name: string, answers: readonly Answer[]): string => `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>入学资格联合核验</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1b2733 }
  h1 { font-size: 1.6rem; margin-bottom: 0 } small { display: block; color: #5b6b7a }
  table { border-collapse: collapse; width: 100% } td, th { border-top: 1px solid #dde3e8; padding: .5rem; text-align: left; vertical-align: top }
</style>
<h1>入学资格联合核验<small lang="en">School enrolment: six departments asked</small></h1>
<p>${escapeHtml(name)}</p>
<table>${answers.map(row).join('')}</table>
</html>
`;

const row = ({ question, finding, failure }: Answer): string =>
  `<tr><th scope="row">${escapeHtml(question.zh)}<small lang="en">${escapeHtml(question.en)}</small><td>${
    finding === undefined
      ? escapeHtml(`未答复：${failure ?? ''}`)
      : `${escapeHtml(finding.zh)}<small lang="en">${escapeHtml(finding.en)}</small>`
  }`;
