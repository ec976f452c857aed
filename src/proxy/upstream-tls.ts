import { hash, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { BackendTls } from '../services/back-ends.ts';

/** What stands under one name of upstreamTls in gateway.yaml, read. PEM. */
export interface UpstreamTlsMaterial {
  /** Whom certificates of back ends have to be of, instead of the authorities that Node knows. */
  readonly authority?: string;
  /** What the gateway presents: its certificate with the chain, and the key. */
  readonly certificate?: string;
  readonly key?: string;
}

/** By name. */
export type UpstreamTls = Readonly<Record<string, UpstreamTlsMaterial>>;

/** `code` of the error where a back end did not show that it is the one enrolled. */
export const UNTRUSTED = 'ONECERT_UPSTREAM_UNTRUSTED';

const untrusted = (message: string): Error => Object.assign(new Error(message), { code: UNTRUSTED });

export interface ConnectorOptions {
  readonly url: URL;
  /** ms */
  readonly timeout: number;
  readonly allowHalfOpen?: boolean;
  readonly tls?: BackendTls | undefined;
  /** What `tls.use` names; undefined where nothing has that name. */
  readonly material?: UpstreamTlsMaterial | undefined;
}

/** Opens connections to one back end. Nothing is sent on one before the back end has shown who it is. */
export const createConnector = ({
  url,
  timeout,
  allowHalfOpen = false,
  tls,
  material,
}: ConnectorOptions): buildConnector.connector => {
  const common = { timeout, allowH2: false, ...(allowHalfOpen && { allowHalfOpen }) };
  if (url.protocol === 'unix:')
    return buildConnector({ ...common, socketPath: decodeURIComponent(url.pathname) });
  if (url.protocol !== 'https:') return buildConnector(common);
  if (tls?.use !== undefined && material === undefined)
    return (_options, done) => done(untrusted(`no upstreamTls is named ${tls.use}`), null);
  const pins = tls?.pin;
  const connect = buildConnector({
    ...common,
    ...(material?.authority !== undefined && { ca: material.authority }),
    ...(material?.certificate !== undefined && { cert: material.certificate, key: material.key }),
    // The pinned key is the trust where no authority is named (as RFC 7858 section 4.2); else both have to fit.
    ...(pins !== undefined && material?.authority === undefined && { rejectUnauthorized: false }),
    // A resumed session would not show its key.
    ...(pins !== undefined && { maxCachedSessions: 0 }),
  });
  const name = serverNameOf(url, tls);
  return (options, done) => {
    // Neither by the Host field, which is the gateway's own; an address is looked for among the addresses.
    const asked = { ...options, host: name, servername: isIP(name) === 0 ? name : '' };
    connect(asked, (...[error, socket]) => {
      if (error !== null) done(error, null);
      else if (pins === undefined || pins.includes(pinOf(socket as TLSSocket) ?? '')) done(null, socket);
      else {
        socket.destroy();
        done(untrusted('the key of the back end is not one that is pinned'), null);
      }
    });
  };
};

/** The name or address that the certificate must be for. */
export const serverNameOf = (url: URL, tls: BackendTls | undefined): string =>
  tls?.serverName ?? url.hostname.replace(/^\[|\]$/g, '');

const pinOf = (socket: TLSSocket): string | undefined => {
  try {
    const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
    return (
      certificate && hash('sha256', certificate.publicKey.export({ type: 'spki', format: 'der' }), 'base64')
    );
  } catch {
    // A key that OpenSSL cannot read fits no pin.
    return undefined;
  }
};

/** Names the material by its content, so that new files make new connections. */
export const materialHash = (material: UpstreamTlsMaterial | undefined): string =>
  material === undefined
    ? ''
    : hash('sha256', JSON.stringify([material.authority, material.certificate, material.key]), 'base64');
