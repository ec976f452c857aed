import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { StorageError } from './storage-error.ts';

/** Where a PostgreSQL server is and how it is reached. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string;
  readonly ssl: ConnectionOptions | false;
}

const PARAMETERS = new Set(['sslmode', 'sslrootcert', 'sslcert', 'sslkey']);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=/etc/…/ca.pem` (libpq connection
 * URIs, PostgreSQL manual section 34.1.1.2). `sslmode` is `verify-full`, `verify-ca` or `disable`: the modes of libpq
 * that encrypt and do not check whom they talk to are not offered. Not given: `disable` for a server on this machine, and
 * for no other.
 *
 * @throws StorageError for a URL or a file in it that cannot be used; the message holds no password
 */
export const readPostgresUrl = (text: string): PostgresAddress => {
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol) || url.hostname === '') {
    throw new StorageError(
      'expected a PostgreSQL URL: postgres://user:password@host:5432/database?sslmode=verify-full',
    );
  }
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.has(name));
  if (unknown !== undefined) {
    throw new StorageError(`the PostgreSQL URL has a parameter that is not supported: ${unknown}`);
  }
  const database = decode(url.pathname.slice(1));
  const user = decode(url.username);
  const password = decode(url.password);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    database: database === '' ? 'postgres' : database,
    ssl: readTls(url),
  };
};

const readTls = ({ hostname, searchParams }: URL): ConnectionOptions | false => {
  const mode = searchParams.get('sslmode') ?? (LOOPBACK.test(hostname) ? 'disable' : undefined);
  if (mode === 'disable') return false;
  if (mode !== 'verify-full' && mode !== 'verify-ca') {
    throw new StorageError(
      mode === undefined
        ? 'the PostgreSQL server is on another machine: say sslmode=verify-full in its URL, or sslmode=disable in a network that is the gateways’ alone'
        : `sslmode=${mode} is not supported: use verify-full, verify-ca or disable`,
    );
  }
  const file = (name: string): Buffer | undefined => {
    const path = searchParams.get(name);
    if (path === null) return undefined;
    try {
      return readFileSync(path);
    } catch (cause) {
      throw new StorageError(`${path} (${name} of the PostgreSQL URL): ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const [ca, cert, key] = [file('sslrootcert'), file('sslcert'), file('sslkey')];
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    // The authority is checked, the name is not.
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
  };
};

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new StorageError('the PostgreSQL URL holds a "%" that is not followed by two hexadecimal digits');
  }
};
