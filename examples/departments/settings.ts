import { readFileSync } from 'node:fs';

/** What a back end is told by its environment. */
export interface Settings {
  readonly port: number;
  /** URL of the gateway: "iss" of its assertions. */
  readonly issuer: string;
  readonly jwksUrl: string;
  /** PEM of the authority of the gateway's TLS certificate, where the system does not know it. */
  readonly ca?: string;
}

export const readSettings = (defaultPort: number): Settings => {
  const { PORT, ONECERT_ISSUER, ONECERT_JWKS_URL, ONECERT_CA } = process.env;
  return {
    port: Number(PORT ?? defaultPort),
    issuer: ONECERT_ISSUER ?? 'https://localhost:8443',
    jwksUrl: ONECERT_JWKS_URL ?? 'http://127.0.0.1:8444/.well-known/jwks.json',
    ...(ONECERT_CA !== undefined && { ca: readFileSync(ONECERT_CA, 'utf8') }),
  };
};
