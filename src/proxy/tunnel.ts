import type { Duplex } from 'node:stream';
import type { Service } from '../services/enrolment.ts';
import { CLIENT_GONE, type Call } from './call.ts';

const SWITCHING_PROTOCOLS = 101;

/**
 * An open WebSocket: octets both ways, no faster than either end reads, each direction ending by itself. It lasts
 * as long as its caller stays admitted.
 */
export class Tunnel {
  readonly call: Call;
  readonly #service: Service;
  readonly #backend: Duplex;
  #over = false;

  constructor(call: Call, service: Service, backend: Duplex) {
    this.call = call;
    this.#service = service;
    this.#backend = backend;
  }

  /** @param headers of the department's answer: alternating names and values, cleaned */
  open(headers: readonly string[]): void {
    const { connection, plane, upgradeHead } = this.call;
    const { socket } = connection;
    plane.tunnels.add(this);
    plane.parts.metrics.tunnelOpened(this.#service.service);
    this.call.response.removeAllListeners('finish');
    this.call.response.detachSocket(socket);
    socket.write(switchingProtocols(headers), 'latin1');
    if (upgradeHead !== undefined && upgradeHead.length > 0) socket.unshift(upgradeHead);
    socket.setTimeout(plane.limits.tunnelIdleTimeout, () => this.close());
    socket.on('close', () => this.close());
    this.#backend.on('close', () => {
      // What it sent last may still be on its way out.
      if (this.#backend.readableEnded) socket.destroySoon();
      else this.close();
    });
    socket.pipe(this.#backend);
    this.#backend.pipe(socket);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    const { connection, plane } = this.call;
    plane.tunnels.delete(this);
    plane.parts.metrics.tunnelClosed(this.#service.service);
    connection.socket.destroy();
    this.#backend.destroy();
    this.call.finish(SWITCHING_PROTOCOLS);
  }
}

export const openTunnel = (
  call: Call,
  service: Service,
  backend: Duplex,
  headers: readonly string[],
): void => {
  if (call.gone) {
    backend.destroy();
    call.finish(CLIENT_GONE);
    return;
  }
  new Tunnel(call, service, backend).open(headers);
};

/** RFC 6455 section 4.2.2. The parsers on both sides have refused what could end a field early. */
const switchingProtocols = (headers: readonly string[]): string => {
  let head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n';
  for (let index = 0; index < headers.length; index += 2) {
    head += `${headers[index] as string}: ${headers[index + 1] as string}\r\n`;
  }
  return `${head}\r\n`;
};
