import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, rootCertificates } from 'node:tls';
import type { ListenerFacts, Seen } from '../facts.ts';
import { offer } from './client-hello.ts';
import { see } from './see.ts';
import { BROKEN_SUITES, OLD_SUITES, SUITES_WITHOUT_FORWARD_SECRECY } from './suites.ts';

export interface ListenerPlace {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Host of the public URL. */
  readonly publicName: string;
}

const TIMEOUT_MS = 5_000;
const TLS_1_2 = 0x0303;
const OLD_VERSIONS = [
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
] as const;
const NAMED_CURVE_BITS: Readonly<Record<string, number>> = {
  prime256v1: 256,
  secp384r1: 384,
  secp521r1: 521,
  secp224r1: 224,
  secp192r1: 192,
  prime192v1: 192,
  SM2: 256,
};

/** Looks at a listener by real handshakes. @param authorities PEM of roots besides those Node knows */
export const lookAtListener = async (
  place: ListenerPlace,
  authorities: readonly string[],
): Promise<ListenerFacts> => {
  const [certificate, oldVersions, suites] = await Promise.all([
    see(() => lookAtCertificate(place, authorities)),
    see(() => oldVersionsOf(place)),
    see(async () => ({
      broken: await taken(place, BROKEN_SUITES),
      withoutForwardSecrecy: await taken(place, SUITES_WITHOUT_FORWARD_SECRECY),
    })),
  ]);
  return { name: place.name, certificate, oldVersions, suites };
};

type CertificateFacts = ListenerFacts['certificate'] extends Seen<infer T> ? T : never;

/** By an ordinary handshake. A listener that lets nobody in without a certificate shows its own before it says so. */
const lookAtCertificate = (
  { host, port, publicName }: ListenerPlace,
  authorities: readonly string[],
): Promise<CertificateFacts> =>
  new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ...(isIP(publicName) === 0 && { servername: publicName }),
      ca: [...rootCertificates, ...authorities],
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    const end = (finish: () => void): void => {
      clearTimeout(timer);
      socket.destroy();
      finish();
    };
    const timer = setTimeout(() => end(() => reject(new Error('no answer in time'))), TIMEOUT_MS);
    socket.once('error', (error: Error) => end(() => reject(error)));
    socket.once('secureConnect', () => {
      // Read anew: names cannot be asked of the object that belongs to a connection.
      const raw = socket.getPeerX509Certificate()?.raw;
      const certificate = raw === undefined ? undefined : new X509Certificate(raw);
      const problem = socket.authorizationError as unknown;
      end(() => {
        if (certificate === undefined) return reject(new Error('it shows no certificate'));
        const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details = {} } =
          certificate.publicKey;
        resolve({
          notBefore: certificate.validFromDate.getTime(),
          notAfter: certificate.validToDate.getTime(),
          fitsName: isFor(certificate, publicName),
          publicName,
          chainProblem: chainProblemOf(problem),
          key: {
            type: type.startsWith('rsa') ? 'rsa' : type,
            bits:
              details.modulusLength ??
              NAMED_CURVE_BITS[details.namedCurve ?? ''] ??
              (type === 'ed25519' ? 255 : 0),
          },
        });
      });
    });
  });

const isFor = (certificate: X509Certificate, name: string): boolean =>
  (isIP(name) === 0 ? certificate.checkHost(name, { subject: 'never' }) : certificate.checkIP(name)) !==
  undefined;

/** Dates are another check's. */
const chainProblemOf = (problem: unknown): string | undefined => {
  const code =
    problem instanceof Error
      ? ((problem as NodeJS.ErrnoException).code ?? problem.message)
      : (problem ?? undefined);
  const known = typeof code === 'string' ? code : undefined;
  return known === 'CERT_HAS_EXPIRED' || known === 'CERT_NOT_YET_VALID' ? undefined : known;
};

const oldVersionsOf = async (place: ListenerPlace): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [version, name] of OLD_VERSIONS) {
    const answer = await ask(place, version, OLD_SUITES);
    if (answer !== 'refused' && answer.version === version) found.push(name);
  }
  return found;
};

/** Which of these it takes: what it chose is not offered again, until it refuses. */
const taken = async (
  place: ListenerPlace,
  suites: ReadonlyMap<number, string>,
): Promise<readonly string[]> => {
  const left = new Set(suites.keys());
  const found: string[] = [];
  while (left.size > 0) {
    const answer = await ask(place, TLS_1_2, [...left]);
    if (answer === 'refused' || !left.delete(answer.suite)) break;
    found.push(suites.get(answer.suite) ?? '');
  }
  return found.sort();
};

const ask = ({ host, port, publicName }: ListenerPlace, version: number, suites: readonly number[]) =>
  offer({ host, port, serverName: publicName, version, suites, timeoutMs: TIMEOUT_MS });
