import { z } from 'zod';
import type { Conflict, RegisteredIdentity } from '../../identity/register.ts';
import { shownNumber } from '../../portal/masked.ts';
import type { Session } from '../../signin/session.ts';
import { operation, type AnyOperation } from '../operation.ts';
import { conflictOf } from './conflict-page.ts';
import { endSessions } from './end-sessions.ts';
import { findIdentity, openIdentity, TYPES, unifiedIdSchema, wantedSchema } from './find-identity.ts';
import { nameOf } from './identity-page.ts';
import { reasonSchema } from './reason.ts';
import { standingOf } from './standing.ts';

const moment = z.iso.datetime();
const iso = (at: number): string => new Date(at).toISOString();
const access = { roles: ['operator', 'auditor'] as const };

const identitySchema = z.object({
  unifiedId: unifiedIdSchema,
  kind: z.enum(['citizen', 'enterprise']),
  name: z.string(),
  identifiers: z.array(z.object({ type: z.enum(TYPES), value: z.string() })),
  full: z
    .boolean()
    .meta({ description: 'Whether name and numbers are whole; otherwise those of persons are masked' }),
  aliases: z.array(z.string()),
  registeredAt: moment,
  locked: z.boolean(),
  standingVersion: z
    .int()
    .meta({ description: 'For If-Match of a proposal for /documents/identity/{unifiedId}, or {lockedAs}' }),
  lockedAs: z
    .string()
    .optional()
    .meta({ description: 'Alias that was locked when it was merged, and is to be unlocked' }),
  certificates: z.array(
    z.object({
      authority: z.string(),
      thumbprint: z.string(),
      role: z.string().optional(),
      firstUsed: moment,
      lastUsed: moment,
      notAfter: moment.optional(),
    }),
  ),
  sessions: z.array(
    z.object({
      session: z.string(),
      authority: z.string(),
      begunAt: moment,
      lastSeen: moment,
      agent: z.string(),
    }),
  ),
});

const writeIdentity = (
  { identity, aliases, registeredAt, certificates }: RegisteredIdentity,
  sessions: readonly Session[],
  standing: Awaited<ReturnType<typeof standingOf>>,
  full: boolean,
): z.input<typeof identitySchema> => ({
  unifiedId: identity.unifiedId,
  kind: identity.kind,
  name: nameOf(identity, full),
  identifiers: identity.identifiers.map((identifier) => ({
    type: identifier.type,
    value: full ? identifier.value : shownNumber(identity.kind, identifier),
  })),
  full,
  aliases: [...aliases],
  registeredAt: iso(registeredAt),
  locked: standing.locked,
  standingVersion: standing.version,
  ...(standing.name !== identity.unifiedId && { lockedAs: standing.name }),
  certificates: certificates.map(({ authority, thumbprint, acting, firstUsed, lastUsed, notAfter }) => ({
    authority,
    thumbprint,
    ...(acting !== undefined && { role: acting.role }),
    firstUsed: iso(firstUsed),
    lastUsed: iso(lastUsed),
    ...(notAfter !== undefined && { notAfter: iso(notAfter) }),
  })),
  sessions: sessions.map(({ key, authority, createdAt, lastSeen, agent }) => ({
    session: key,
    authority,
    begunAt: iso(createdAt),
    lastSeen: iso(lastSeen),
    agent,
  })),
});

const conflictSchema = z.object({
  id: z.int(),
  state: z.enum(['open', 'joined', 'kept-refused']),
  reason: z.enum(['two-identities', 'different-name', 'different-number', 'contradictory-certificate']),
  authority: z.string(),
  thumbprint: z.string(),
  meets: z.array(z.string()),
  joined: z.string().optional(),
  firstAt: moment,
  lastAt: moment,
  times: z.int(),
});

const writeConflict = (conflict: Conflict): z.input<typeof conflictSchema> => {
  const { id, state, reason, authority, thumbprint, meets, joined, firstAt, lastAt, times } = conflict;
  return {
    ...{ id, state, reason, authority, thumbprint, meets: [...meets], times },
    ...(joined !== undefined && { joined }),
    firstAt: iso(firstAt),
    lastAt: iso(lastAt),
  };
};

const EXAMPLE_ID = 'AQEBAQEBAQEBAQEBAQEBAQ';
const REASON = 'ticket 2026-1124: the card was reported lost';
const exampleConflict: z.input<typeof conflictSchema> = {
  id: 12,
  state: 'open',
  reason: 'different-name',
  authority: 'yuean',
  thumbprint: 'q1s…',
  meets: [EXAMPLE_ID],
  firstAt: '2026-11-24T08:00:00.000Z',
  lastAt: '2026-11-24T09:00:00.000Z',
  times: 3,
};

export const IDENTITY_OPERATIONS: readonly AnyOperation[] = [
  operation({
    id: 'searchIdentity',
    method: 'post',
    path: '/identities/search',
    summary: { zh: '查找身份', en: 'Find an identity by number or unified id' },
    description: {
      zh: '号码放在请求体中，不进入网址和日志。每次查找先写入审计日志，须说明理由；full 为 true 时返回完整姓名和号码。',
      en: 'The number is in the body, so that it gets into no address and no log. Each search is in the audit log first, with its reason; with full the whole name and numbers are answered.',
    },
    access,
    body: z.strictObject({ wanted: wantedSchema, full: z.boolean().default(false) }),
    answer: z.object({ identity: identitySchema.optional() }),
    refusals: ['ONECERT_AUDIT_UNAVAILABLE', 'ONECERT_REGISTER_UNAVAILABLE'],
    example: {
      body: { wanted: { unifiedId: EXAMPLE_ID, reason: REASON }, full: false },
      answer: {
        identity: {
          unifiedId: EXAMPLE_ID,
          kind: 'citizen',
          name: '李*',
          identifiers: [{ type: 'citizen-id-number', value: '440***********0012' }],
          full: false,
          aliases: [],
          registeredAt: '2026-01-05T02:00:00.000Z',
          locked: false,
          standingVersion: 0,
          certificates: [],
          sessions: [],
        },
      },
    },
    handle: async ({ parts, caller, at, body: { wanted, full } }) => {
      const call = { parts, caller, at };
      const found = await findIdentity(call, wanted);
      if (found === undefined) return { body: {} };
      const { unifiedId } = found.identity;
      if (full) await openIdentity(call, unifiedId, { reason: wanted.reason, what: 'identity-open' });
      const [sessions, standing] = await Promise.all([
        parts.portal.sessions.list(unifiedId),
        standingOf(parts, unifiedId, found.aliases),
      ]);
      return { body: { identity: writeIdentity(found, sessions, standing, full) } };
    },
  }),
  operation({
    id: 'endSessions',
    method: 'post',
    path: '/identities/{identity}/end-sessions',
    summary: { zh: '结束会话', en: 'End one or all sessions of an identity' },
    access: { roles: ['operator'] },
    parameters: z.object({ identity: unifiedIdSchema }),
    body: z.strictObject({ session: z.string().max(64).optional(), reason: reasonSchema }),
    answer: z.object({ ended: z.int() }),
    refusals: ['ONECERT_AUDIT_UNAVAILABLE', 'ONECERT_IDENTITY_UNKNOWN', 'ONECERT_SESSION_UNAVAILABLE'],
    example: {
      parameters: { identity: EXAMPLE_ID },
      body: { reason: REASON },
      answer: { ended: 2 },
    },
    handle: async ({ parts, caller, at, parameters: { identity }, body: { session, reason } }) => {
      const call = { parts, caller, at };
      const found = await openIdentity(call, identity, { reason, what: 'identity-search' });
      const { unifiedId } = found.identity;
      return { body: { ended: await endSessions(call, { unifiedId, session, reason }) } };
    },
  }),
  operation({
    id: 'listConflicts',
    method: 'get',
    path: '/conflicts',
    summary: { zh: '身份冲突', en: 'Identity conflicts, the latest first' },
    access,
    query: z.object({
      state: conflictSchema.shape.state.optional(),
      before: z
        .string()
        .regex(/^[1-9]\d{0,14}$/)
        .optional()
        .meta({ description: 'Number of the last one already had' }),
    }),
    answer: z.object({ conflicts: z.array(conflictSchema) }),
    example: { query: { state: 'open' }, answer: { conflicts: [exampleConflict] } },
    handle: async ({ parts, query: { state, before } }) => ({
      body: {
        conflicts: (
          await parts.register.listConflicts({
            limit: 100,
            ...(state !== undefined && { state }),
            ...(before !== undefined && { before: Number(before) }),
          })
        ).map(writeConflict),
      },
    }),
  }),
  operation({
    id: 'getConflict',
    method: 'get',
    path: '/conflicts/{conflict}',
    summary: { zh: '一个身份冲突', en: 'One identity conflict' },
    description: {
      zh: '处理意见用 /documents/conflict/{conflict}/proposals 提出，由两人完成。',
      en: 'It is settled by a proposal for /documents/conflict/{conflict}, which takes two.',
    },
    access,
    parameters: z.object({ conflict: z.string().regex(/^[1-9]\d{0,14}$/) }),
    answer: z.object({ conflict: conflictSchema }),
    refusals: ['ONECERT_CHANGE_UNKNOWN'],
    example: { parameters: { conflict: '12' }, answer: { conflict: exampleConflict } },
    handle: async ({ parts, parameters: { conflict } }) => ({
      body: { conflict: writeConflict(await conflictOf(parts, conflict)) },
    }),
  }),
];
