import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * A ClientHello of our own making (RFC 5246 section 7.4.1.2) and what is answered to it: so that versions and suites can
 * be offered that the OpenSSL of this process would not offer any more.
 */
export interface Offer {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** 0x0301: TLS 1.0. */
  readonly version: number;
  readonly suites: readonly number[];
  readonly timeoutMs: number;
}

/** What the server chose; `refused`: an alert, or the connection closed. Rejects where nobody answers. */
export type Answer = 'refused' | { readonly version: number; readonly suite: number };

export const offer = async (offered: Offer): Promise<Answer> => {
  const socket = connect({ host: offered.host, port: offered.port });
  const signal = AbortSignal.timeout(offered.timeoutMs);
  const abort = (): void => void socket.destroy(new Error('no answer in time'));
  signal.addEventListener('abort', abort);
  let held = Buffer.alloc(0);
  try {
    await once(socket, 'connect');
    socket.write(clientHello(offered));
    for await (const piece of socket as AsyncIterable<Buffer>) {
      held = Buffer.concat([held, piece]);
      const answer = readAnswer(held);
      if (answer !== undefined) return answer;
    }
    return 'refused';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 'refused';
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
};

const ALERT = 21;
const HANDSHAKE = 22;
const SERVER_HELLO = 2;
/** Of a ServerHello with the longest session id, and its record. */
const MOST = 5 + 4 + 2 + 32 + 33 + 2;

const readAnswer = (bytes: Buffer): Answer | undefined => {
  if (bytes.length === 0) return undefined;
  if (bytes[0] === ALERT || bytes[0] !== HANDSHAKE) return 'refused';
  if (bytes.length < 44) return undefined;
  if (bytes[5] !== SERVER_HELLO) return 'refused';
  const at = 44 + (bytes[43] as number);
  if (at + 2 > MOST) return 'refused';
  return bytes.length < at + 2
    ? undefined
    : { version: bytes.readUInt16BE(9), suite: bytes.readUInt16BE(at) };
};

const u8 = (value: number): Buffer => Buffer.from([value]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const sized = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(body.length), body]);
};
const extension = (type: number, ...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([u16(type), sized(...parts)]);
const list = (values: readonly number[]): Buffer => sized(...values.map(u16));

/** x25519, secp256r1, secp384r1, secp521r1 (RFC 8422 section 5.1.1). */
const GROUPS = [0x001d, 0x0017, 0x0018, 0x0019];
/** ECDSA, RSA-PSS and RSA PKCS #1 with SHA-256 to SHA-512, and with SHA-1 (RFC 8446 section 4.2.3). */
const SIGNATURES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201];

const clientHello = ({ version, suites, serverName }: Offer): Buffer => {
  const name = Buffer.from(serverName, 'latin1');
  const body = Buffer.concat([
    u16(version),
    randomBytes(32),
    u8(0),
    list(suites),
    Buffer.from([1, 0]),
    sized(
      extension(0, sized(u8(0), sized(name))),
      extension(10, list(GROUPS)),
      extension(11, Buffer.from([1, 0])),
      ...(version >= 0x0303 ? [extension(13, list(SIGNATURES))] : []),
      // RFC 5746: servers that demand it would refuse for another reason than the one asked about.
      extension(0xff01, u8(0)),
    ),
  ]);
  const message = Buffer.concat([u8(1), u8(0), u16(body.length), body]);
  return Buffer.concat([u8(HANDSHAKE), u16(0x0301), sized(message)]);
};
