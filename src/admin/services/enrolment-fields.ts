import { claim } from '../../services/claims.ts';
import { LIMIT_SCOPES } from '../../services/call-limits.ts';

/** An enrolment as it stands in YAML: not interpolated, without defaults, and perhaps wrong. */
export type WrittenEnrolment = Readonly<Record<string, unknown>>;

/** Fields of the form by name, as they are sent. A field that is not there is empty. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** Which rows of the form the items of a list were read from: empty rows are none. */
export type RowsOf = Readonly<Record<'operations' | 'backends' | 'hours', readonly number[]>>;

/** Rows of a list that the form offers beyond those that are filled in. */
export const SPARE_ROWS = 2;
const MAX_ROWS = 60;

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export const fieldsOfForm = (form: URLSearchParams): Fields => {
  const fields = new Map<string, string[]>();
  for (const [name, value] of form) fields.set(name, [...(fields.get(name) ?? []), value]);
  return fields;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);

/** The form's fields as they are for what is written. */
export const fieldsOf = (written: WrittenEnrolment): Fields => {
  const fields = new Map<string, readonly string[]>();
  const put = (name: string, value: unknown): void => {
    const text = textOf(value);
    if (text !== '') fields.set(name, [text]);
  };
  const check = (name: string, value: unknown, unless = false): void => {
    if ((value ?? unless) !== false) fields.set(name, ['1']);
  };
  const choose = (name: string, value: unknown): void => void fields.set(name, listOf(value).map(textOf));
  const lines = (name: string, value: unknown): void => put(name, listOf(value).map(textOf).join('\n'));
  const both = (name: string, value: unknown): void => {
    put(`${name}-zh`, recordOf(value)['zh']);
    put(`${name}-en`, recordOf(value)['en']);
  };
  for (const name of ['service', 'path', 'assurance', 'audit', 'bodyLimit']) put(name, written[name]);
  both('name', written['name']);
  both('description', written['description']);
  choose('stages', written['stages']);
  check('enabled', written['enabled'], true);
  check('stripPath', written['stripPath']);
  check('clientCert', written['clientCert']);
  for (const name of ['subjects', 'authorities', 'actingRoles']) choose(name, written[name]);
  listOf(written['operations']).forEach((each, row) => {
    choose(`operation-${row}-methods`, recordOf(each)['methods']);
    put(`operation-${row}-path`, recordOf(each)['path']);
  });
  for (const each of listOf(written['claims'])) {
    const name = typeof each === 'string' ? each : textOf(recordOf(each)['claim']);
    check(`claim-${name}`, true);
    both(`claim-${name}-purpose`, recordOf(each)['purpose']);
  }
  const oidc = recordOf(written['oidc']);
  check('oidc', isRecord(written['oidc']));
  lines('oidc-redirectUris', oidc['redirectUris']);
  lines('oidc-postLogoutRedirectUris', oidc['postLogoutRedirectUris']);
  put('oidc-backchannelLogoutUri', oidc['backchannelLogoutUri']);
  check('oidc-par', oidc['requirePushedAuthorizationRequests']);
  const client = recordOf(oidc['clientAuthentication']);
  put('oidc-method', client['method']);
  if (client['jwks'] !== undefined) put('oidc-jwks', JSON.stringify(client['jwks'], null, 2));
  put('oidc-secretHash', client['secretHash']);
  lines('exchange-from', recordOf(written['exchange'])['from']);
  listOf(written['backends']).forEach((each, row) => {
    const { url, weight, tls } = typeof each === 'string' ? { url: each } : recordOf(each);
    put(`backend-${row}-url`, url);
    put(`backend-${row}-weight`, weight);
    put(`backend-${row}-use`, recordOf(tls)['use']);
    put(`backend-${row}-serverName`, recordOf(tls)['serverName']);
    lines(`backend-${row}-pin`, recordOf(tls)['pin']);
  });
  const health = recordOf(written['health']);
  check('health', isRecord(written['health']));
  for (const name of ['path', 'interval', 'timeout', 'healthyAfter', 'unhealthyAfter'])
    put(`health-${name}`, health[name]);
  put('health-status', listOf(health['status']).map(textOf).join(', '));
  for (const scope of LIMIT_SCOPES) {
    const limit = recordOf(recordOf(written['limits'])[scope]);
    put(`limit-${scope}-calls`, limit['calls']);
    put(`limit-${scope}-per`, limit['per']);
  }
  const maintenance = recordOf(written['maintenance']);
  check('maintenance', isRecord(written['maintenance']));
  put('maintenance-from', maintenance['from']);
  put('maintenance-until', maintenance['until']);
  both('maintenance-message', maintenance['message']);
  put('open-from', recordOf(written['open'])['from']);
  put('open-until', recordOf(written['open'])['until']);
  listOf(written['hours']).forEach((each, row) => {
    choose(`hours-${row}-days`, recordOf(each)['days']);
    put(`hours-${row}-from`, recordOf(each)['from']);
    put(`hours-${row}-until`, recordOf(each)['until']);
  });
  put('timeout-connect', recordOf(written['timeouts'])['connect']);
  put('timeout-response', recordOf(written['timeouts'])['response']);
  return fields;
};

/** Undefined fields are left out; where nothing is left, it is not there either. */
const some = (record: Record<string, unknown>): Record<string, unknown> | undefined => {
  const kept = Object.entries(record).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};

export interface ReadFields {
  readonly written: WrittenEnrolment;
  readonly rows: RowsOf;
}

/** Names of the claims of what is written, in its order. */
export const claimsIn = (written: WrittenEnrolment | undefined): readonly string[] =>
  listOf(written?.['claims']).map((each) =>
    typeof each === 'string' ? each : textOf(recordOf(each)['claim']),
  );

/** What an enrolment with these fields is to say, in YAML's terms. Nothing is checked: the schema does that. */
export const readFields = (fields: Fields): ReadFields => {
  const all = (name: string): readonly string[] => fields.get(name) ?? [];
  const text = (name: string): string | undefined => {
    const value = (all(name)[0] ?? '').replaceAll('\r\n', '\n').trim();
    return value === '' ? undefined : value;
  };
  const isChecked = (name: string): boolean => all(name).length > 0;
  const number = (name: string): number | string | undefined => numberOrText(text(name));
  const list = (name: string): string[] | undefined => {
    const values = all(name).filter((value) => value !== '');
    return values.length === 0 ? undefined : values;
  };
  const lines = (name: string): string[] | undefined =>
    text(name)
      ?.split(/[\s,，、]+/)
      .filter(Boolean);
  const both = (name: string): Record<string, unknown> | undefined => {
    const [zh, en] = [text(`${name}-zh`), text(`${name}-en`)];
    return zh === undefined && en === undefined ? undefined : { zh: zh ?? '', en: en ?? '' };
  };
  const rowsOf = (prefix: string, parts: readonly string[]): number[] =>
    Array.from({ length: MAX_ROWS }, (_none, row) => row).filter((row) =>
      parts.some((part) => all(`${prefix}-${row}-${part}`).some((value) => value.trim() !== '')),
    );
  const rows = {
    operations: rowsOf('operation', ['methods', 'path']),
    backends: rowsOf('backend', ['url', 'weight', 'use', 'serverName', 'pin']),
    hours: rowsOf('hours', ['days', 'from', 'until']),
  };
  const orNone = <T>(items: readonly T[]): readonly T[] | undefined =>
    items.length === 0 ? undefined : items;
  const written = some({
    service: text('service'),
    name: both('name'),
    description: both('description'),
    stages: list('stages'),
    enabled: isChecked('enabled') ? undefined : false,
    path: text('path'),
    stripPath: isChecked('stripPath') || undefined,
    operations: orNone(
      rows.operations.map((row) =>
        some({ methods: list(`operation-${row}-methods`), path: text(`operation-${row}-path`) }),
      ),
    ),
    subjects: list('subjects'),
    authorities: list('authorities'),
    actingRoles: list('actingRoles'),
    assurance: text('assurance'),
    claims: orNone(
      claim.options
        .filter((name) => isChecked(`claim-${name}`))
        .map((name) => {
          const purpose = both(`claim-${name}-purpose`);
          return purpose === undefined ? name : { claim: name, purpose };
        }),
    ),
    clientCert: isChecked('clientCert') || undefined,
    oidc: isChecked('oidc') ? readOidc() : undefined,
    exchange: some({ from: lines('exchange-from') }),
    audit: text('audit') === 'written' ? undefined : text('audit'),
    backends: orNone(
      rows.backends.map((row) => {
        const part = (name: string): string => `backend-${row}-${name}`;
        const url = text(part('url'));
        const weight = number(part('weight'));
        const tls = some({
          use: text(part('use')),
          pin: lines(part('pin')),
          serverName: text(part('serverName')),
        });
        return tls === undefined && weight === undefined ? url : some({ url: url ?? '', weight, tls });
      }),
    ),
    health: isChecked('health')
      ? (some({
          path: text('health-path'),
          interval: text('health-interval'),
          timeout: text('health-timeout'),
          healthyAfter: number('health-healthyAfter'),
          unhealthyAfter: number('health-unhealthyAfter'),
          status: lines('health-status')?.map(numberOrText),
        }) ?? {})
      : undefined,
    limits: some(
      Object.fromEntries(
        LIMIT_SCOPES.map((scope) => [
          scope,
          some({ calls: number(`limit-${scope}-calls`), per: text(`limit-${scope}-per`) }),
        ]),
      ),
    ),
    maintenance: isChecked('maintenance')
      ? (some({
          from: text('maintenance-from'),
          until: text('maintenance-until'),
          message: both('maintenance-message'),
        }) ?? {})
      : undefined,
    open: some({ from: text('open-from'), until: text('open-until') }),
    hours: orNone(
      rows.hours.map((row) =>
        some({
          days: list(`hours-${row}-days`),
          from: text(`hours-${row}-from`),
          until: text(`hours-${row}-until`),
        }),
      ),
    ),
    timeouts: some({ connect: text('timeout-connect'), response: text('timeout-response') }),
    bodyLimit: text('bodyLimit'),
  });
  return { written: written ?? {}, rows };

  function readOidc(): Record<string, unknown> {
    const method = text('oidc-method');
    const jwks = text('oidc-jwks');
    return (
      some({
        redirectUris: lines('oidc-redirectUris'),
        postLogoutRedirectUris: lines('oidc-postLogoutRedirectUris'),
        backchannelLogoutUri: text('oidc-backchannelLogoutUri'),
        clientAuthentication: some({
          method,
          ...(method === 'private_key_jwt'
            ? { jwks: jwks === undefined ? undefined : readJson(jwks) }
            : { secretHash: text('oidc-secretHash') }),
        }),
        requirePushedAuthorizationRequests: isChecked('oidc-par') || undefined,
      }) ?? {}
    );
  }
};

/** Numbers are numbers in YAML; ${NAME:-3} and what is no number stay as they were written. */
const numberOrText = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The schema says what was expected there.
    return text;
  }
};

/** The field that something wrong is shown at. `path`: within the enrolment, as issues have it ("backends[1].tls.pin"). */
export const fieldOfPath = (path: string, rows: RowsOf, claims: readonly string[]): string => {
  const [head = '', ...rest] = path.split(/[.[\]]+/).filter((part) => part !== '');
  const row = (of: keyof RowsOf): number => rows[of][Number(rest[0])] ?? 0;
  const last = rest.at(-1) ?? '';
  switch (head) {
    case 'name':
    case 'description':
      return `${head}-${last === 'en' ? 'en' : 'zh'}`;
    case 'operations':
      return `operation-${row('operations')}-${rest[1] === 'methods' ? 'methods' : 'path'}`;
    case 'backends': {
      const part = rest[1] === 'tls' ? (rest[2] ?? 'use') : (rest[1] ?? 'url');
      return `backend-${row('backends')}-${['weight', 'use', 'serverName', 'pin'].includes(part) ? part : 'url'}`;
    }
    case 'hours':
      return `hours-${row('hours')}-${['days', 'until'].includes(rest[1] ?? '') ? rest[1] : 'from'}`;
    case 'claims':
      return `claim-${claims[Number(rest[0])] ?? 'name'}-purpose-${last === 'en' ? 'en' : 'zh'}`;
    case 'limits':
      return `limit-${rest[0] ?? 'total'}-${rest[1] === 'per' ? 'per' : 'calls'}`;
    case 'health':
      return `health-${rest[0] ?? 'path'}`;
    case 'maintenance':
      return rest[0] === 'message' ? `maintenance-message-${last}` : `maintenance-${rest[0] ?? 'from'}`;
    case 'open':
      return `open-${rest[0] ?? 'from'}`;
    case 'timeouts':
      return `timeout-${rest[0] ?? 'connect'}`;
    case 'exchange':
      return 'exchange-from';
    case 'oidc':
      return rest[0] === 'clientAuthentication'
        ? `oidc-${rest[1] === 'jwks' || rest[1] === 'secretHash' ? rest[1] : 'method'}`
        : `oidc-${rest[0] ?? 'redirectUris'}`;
    default:
      return head;
  }
};
