import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AuditSink } from '../../../src/audit/entry.ts';
import { proveSignIn, readSignIns } from '../../../src/audit/read-sign-ins.ts';
import type { CheckpointSettings } from '../../../src/audit/writer.ts';
import { createGate } from '../../../src/decision/gate.ts';
import { openEmbeddedRegister } from '../../../src/identity/embedded-register.ts';
import type { IdentityRegister } from '../../../src/identity/register.ts';
import { identifySubject } from '../../../src/identity/identify-subject.ts';
import { loadAssets } from '../../../src/portal/assets.ts';
import { createPortal } from '../../../src/portal/portal-app.ts';
import { startPortalListener } from '../../../src/portal/portal-listener.ts';
import { SIGN_IN_LIMITS, type PortalParts } from '../../../src/portal/portal-parts.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import type { Department } from '../../../src/services/enrolment.ts';
import { loadDepartments } from '../../../src/services/load-departments.ts';
import { createBrowserSessions } from '../../../src/signin/browser-session.ts';
import { createChallengeStore } from '../../../src/signin/challenge-store.ts';
import { createHandover } from '../../../src/signin/handover.ts';
import { openSessions } from '../../../src/signin/sessions.ts';
import { createSessionEnds } from '../../../src/server/session-ends.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { makeEd25519Key } from '../../../src/storage/key-catalogue.ts';
import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../../src/trust/trust-list.ts';
import { openVerifier } from '../../../src/verdict/verifier.ts';
import { openIndexedLog, type IndexedLog } from '../../unit/audit/indexed-log.ts';
import { entriesOf, logKeys } from '../../unit/audit/written-log.ts';
import { openCity, type OpenedCity } from '../opened-demo-city.ts';

export const BROWSER = 'https://portal.example.gov.cn';
export const CERTIFICATE = 'https://certificate.example.gov.cn';

/** Quick: a proof is towards a checkpoint. */
const CHECKPOINTS: CheckpointSettings = {
  origin: 'portal.example.gov.cn/audit/1',
  keys: logKeys(makeEd25519Key()),
  everyMs: 50,
};

const ROOT = join(import.meta.dirname, '../../..');

/** What a part of the portal is made over besides the portal's own parts. */
export interface PortalCity {
  readonly folder: string;
  readonly trust: TrustList;
  readonly departments: readonly Department[];
  readonly audit: AuditSink;
  readonly log: IndexedLog;
  readonly register: IdentityRegister;
}

/** The portal on its Unix socket, over real parts and the demo city; only the data plane is missing. */
export interface OpenedPortal {
  readonly socket: string;
  readonly opened: OpenedCity;
  readonly clock: { now: number };
  /** While set, the audit log refuses. */
  readonly audit: { broken: boolean };
  readonly log: IndexedLog;
  entries(): Record<string, unknown>[];
  /** Of a second data folder: what a portal with other limits answers. */
  close(): Promise<void>;
}

export const openPortal = async (
  changes: Partial<PortalParts> = {},
  more: (parts: PortalParts, city: PortalCity) => Pick<PortalParts, 'routers'> = () => ({}),
): Promise<OpenedPortal> => {
  const opened = await openCity();
  Object.assign(process.env, opened.city.environment);
  const trust = loadTrustList(join(ROOT, 'ca-trust'), 1);
  const departments = loadDepartments(join(ROOT, 'config/departments'));
  const directory = createDirectory(departments);
  const verifier = await openVerifier({ trust });
  const register = openEmbeddedRegister({
    file: join(opened.folder, 'register.sqlite'),
    fieldKey: randomBytes(32),
    hashKey: randomBytes(32),
  });
  const log = await openIndexedLog({ data: opened.folder, checkpoints: CHECKPOINTS });
  const audit = { broken: false };
  const sink: AuditSink = {
    record: (entry, durability, done) =>
      audit.broken
        ? void setImmediate(done, new Error('no space left'))
        : log.plain.record(entry, durability, done),
    get healthy() {
      return log.plain.healthy;
    },
  };
  const clock = { now: Date.now() };
  const stores = openShortLivedStores();
  const sessions = await openSessions({
    records: stores.grouped('sessions'),
    broadcast: stores.broadcast,
    cipher: createFieldCipher(randomBytes(32)),
    clock: () => clock.now,
    onDefect: (error) => {
      throw error;
    },
  });
  const ends = createSessionEnds({
    sessions,
    audit: sink,
    log: { warn: () => undefined, info: () => undefined, error: () => undefined },
  });
  const values = stores.expiring('sign-in');
  const parts: PortalParts = {
    gate: createGate({
      judge: (chain, at) => verifier.verify(chain, at),
      identify: async ({ certificate, authority }) => {
        const settings = trust.authorities.get(authority ?? '')?.settings;
        if (certificate === undefined || settings === undefined) throw new Error('a good verdict has both');
        const { authority: name, identity } = settings;
        return identifySubject(register, certificate, identity, { authority: name, at: clock.now });
      },
      epochs: { trust: () => 1, revocation: () => 1 },
      directory: () => directory,
      clock: () => clock.now,
      onDefect: (error) => {
        throw error;
      },
    }),
    sessions,
    endSession: (session, why) => ends.end(session, why),
    handover: createHandover({ codes: values, sessions, key: randomBytes(32), clock: () => clock.now }),
    challenges: createChallengeStore(values),
    browserSessions: createBrowserSessions(randomBytes(32)),
    limiters: {
      address: stores.limiter('address', { ...SIGN_IN_LIMITS.address, limit: 10_000 }),
      certificate: stores.limiter('certificate', { ...SIGN_IN_LIMITS.certificate, limit: 10_000 }),
    },
    register,
    audit: sink,
    signInsOf: async (unifiedId) => {
      await log.follower.catchUp();
      return readSignIns(log, unifiedId);
    },
    proveSignIn: (unifiedId, seq) => proveSignIn(log, unifiedId, seq),
    directory: () => directory,
    authorities: () =>
      [...trust.authorities.values()].map(({ settings: { authority, name, contact } }) => ({
        authority,
        name,
        contact,
      })),
    urls: { browser: BROWSER, certificateSignIn: CERTIFICATE },
    assets: loadAssets(),
    clock: () => clock.now,
    log: () => undefined,
    ...changes,
  };
  const city = { folder: opened.folder, trust, departments, audit: sink, log, register };
  const app = createPortal({ ...parts, ...more(parts, city) });
  const socket = join(opened.folder, 'portal.sock');
  const listener = await startPortalListener(app, socket);
  return {
    socket,
    opened,
    clock,
    audit,
    log,
    entries: () => entriesOf(log.folder),
    close: async () => {
      await listener.close();
      await ends.close();
      sessions.close();
      await log.close();
      await verifier.close();
      await register.close();
      await opened.close();
    },
  };
};
