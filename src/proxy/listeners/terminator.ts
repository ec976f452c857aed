import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import { Refusal } from '../../refusal/refusal.ts';
import {
  readTerminatorCredential,
  type TerminatorFormat,
} from '../../signin/terminator/read-terminator-credential.ts';
import { forwardingHeaders } from '../caller-headers.ts';
import type { Call } from '../call.ts';
import { Caller, Callers } from '../caller.ts';
import type { Plane } from '../plane.ts';
import type { Listener } from './listener.ts';

/** By which a terminator says what request it asks about (forward-auth). */
const ASKED_ABOUT: ReadonlySet<string> = new Set([
  'x-original-method',
  'x-original-uri',
  'x-forwarded-method',
  'x-forwarded-uri',
  'x-forwarded-host',
]);

/** What else than certificates terminators tell, lower case. */
export const READ_BY_TERMINATOR_LISTENER: readonly string[] = [
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-real-ip',
  ...ASKED_ABOUT,
];

/**
 * Callers are who a terminator in front says they are. TLS has let in only clients whose certificate is of the
 * operators' own authority for terminators: their word is believed, and nobody else's.
 */
export const terminatorListener = (plane: Plane, format: TerminatorFormat): Listener => {
  const callers = new Callers();
  const nobody = new Caller(plane, undefined);
  return {
    kind: 'terminator',
    callerOf: (call) => {
      const from = clientAddress(call);
      if (from !== undefined) {
        call.from = from;
        call.forwarding = forwardingHeaders(from, plane.publicHost);
      }
      const credential = readTerminatorCredential(
        call.request.rawHeaders,
        format,
        call.from,
        call.receivedAt,
      );
      if (credential instanceof Refusal) throw credential;
      if (credential === undefined) return nobody;
      return callers.of(nameOf(credential.chain), () => new Caller(plane, credential));
    },
    askedAbout: ({ request: { rawHeaders } }) =>
      rawHeaders.flatMap((name, index) =>
        index % 2 === 0 && ASKED_ABOUT.has(name.toLowerCase())
          ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ''] satisfies [string, string]]
          : [],
      ),
  };
};

const nameOf = (chain: readonly Uint8Array[]): string =>
  chain.map((der) => hash('sha256', der, 'base64url')).join(' ');

/** The last element of X-Forwarded-For: what the terminator itself has added. */
const clientAddress = ({ request }: Call): string | undefined => {
  const field = request.headers['x-forwarded-for'];
  const last = (typeof field === 'string' ? field : '').split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? undefined : last;
};
