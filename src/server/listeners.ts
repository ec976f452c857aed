import type { DataPlane, DataPlaneParts, ListenerTls, WayIn } from '../proxy/data-plane.ts';
import { startDataPlane } from '../proxy/start-data-plane.ts';
import type { Service } from '../services/enrolment.ts';
import type { SessionCache } from '../signin/session-cache.ts';
import { terminatorFields } from '../signin/terminator/read-terminator-credential.ts';
import type { Address, DataPlaneStart, Listeners } from './thread-protocol.ts';

type Running = Partial<Record<keyof Listeners, DataPlane>>;

/** Starts every way in of one thread, all with the same parts. Rejects when one cannot listen. */
export const startListeners = async (
  { listeners: { mutualTls, browser, terminator }, issuer }: DataPlaneStart,
  tls: ListenerTls,
  parts: DataPlaneParts,
  sessions: SessionCache,
): Promise<Running> => {
  const handedOn = terminator === undefined ? [] : terminatorFields(terminator.format);
  const start = ({ host, port }: Address, url: string, wayIn: WayIn): Promise<DataPlane> =>
    startDataPlane(
      { listen: { host, port, reusePort: true }, tls, url, wayIn, terminatorFields: handedOn },
      parts,
    );
  const running: Running = { mutualTls: await start(mutualTls, issuer, { kind: 'mutual-tls' }) };
  if (browser !== undefined) {
    running.browser = await start(browser, browser.url, { kind: 'browser', sessions });
  }
  if (terminator !== undefined) {
    const { format, authority } = terminator;
    running.terminator = await start(terminator, issuer, {
      kind: 'terminator',
      format,
      terminatorAuthority: authority,
    });
  }
  return running;
};

const NAME = { zh: '一证通网关', en: 'OneCert' };

/** The portal as data-plane threads carry calls to it; nothing where there is none. */
export const portalPart = ({ portal }: DataPlaneStart): Pick<DataPlaneParts, 'portal'> => {
  if (portal === undefined) return {};
  const service: Service = {
    service: 'portal',
    name: NAME,
    enabled: true,
    path: '/',
    stripPath: false,
    operations: [],
    subjects: [],
    stages: [],
    authorities: 'all',
    claims: [],
    clientCert: false,
    audit: 'written',
    backends: [{ url: `unix:${portal.socket}`, weight: 1 }],
    timeouts: { connect: 2_000, response: 30_000 },
    bodyLimit: 256 * 1024,
    department: { department: 'onecert', name: NAME },
  };
  return { portal: { service, signIn: (target) => `/signin?return=${encodeURIComponent(target)}` } };
};
