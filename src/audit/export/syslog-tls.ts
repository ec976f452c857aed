import { hostname } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { ExportSettings, ExportTarget } from './export-target.ts';
import { frame, syslogMessage } from './syslog-message.ts';

/** ms in which a receiver has to take what is written, let us connect, or close when we do. */
const PATIENCE_MS = 30_000;

/**
 * Syslog over TLS (RFC 5425). Syslog has no acknowledgement; so confirm() ends the connection, and what was sent has
 * arrived when the receiver, having read everything, ends it too (section 4.4). The next entry opens another one.
 */
export const openSyslogTls = (
  settings: Extract<ExportSettings, { kind: 'syslog' }>,
  patienceMs = PATIENCE_MS,
): ExportTarget => {
  const origin = { hostname: hostname(), processId: String(process.pid) };
  let link: { readonly socket: TLSSocket; error: Error | undefined; ended: boolean } | undefined;

  const open = async (): Promise<NonNullable<typeof link>> => {
    if (link !== undefined) return link;
    const { host, port, authority, certificate, key, servername } = settings;
    const socket = connect({
      host,
      port,
      ca: authority,
      minVersion: 'TLSv1.2',
      ...(certificate !== undefined && key !== undefined && { cert: certificate, key }),
      ...(servername !== undefined && { servername }),
    });
    const opened = { socket, error: undefined as Error | undefined, ended: false };
    socket.setKeepAlive(true, 10_000);
    // Nothing is expected from it but its end.
    socket.on('data', () => undefined);
    socket.on('end', () => {
      opened.ended = true;
    });
    socket.on('error', (error: Error) => {
      opened.error ??= error;
    });
    link = opened;
    await happening(socket, 'secureConnect', patienceMs, opened);
    return opened;
  };
  const drop = (): void => {
    link?.socket.destroy();
    link = undefined;
  };

  return {
    send: async (entries) => {
      try {
        const opened = await open();
        if (opened.ended || opened.error !== undefined)
          throw opened.error ?? new Error('the receiver has ended the connection');
        const bytes = Buffer.concat(entries.map((each) => frame(syslogMessage(each, origin))));
        if (!opened.socket.write(bytes)) await happening(opened.socket, 'drain', patienceMs, opened);
      } catch (error) {
        drop();
        throw error;
      }
    },
    confirm: async () => {
      if (link === undefined) return;
      const opened = link;
      try {
        if (opened.ended) throw new Error('the receiver has ended the connection');
        opened.socket.end();
        if (!opened.ended) await happening(opened.socket, 'end', patienceMs, opened);
        if (opened.error !== undefined) throw opened.error;
      } finally {
        drop();
      }
    },
    close: async () => drop(),
  };
};

const happening = (
  socket: TLSSocket,
  event: 'secureConnect' | 'drain' | 'end',
  withinMs: number,
  state: { readonly error: Error | undefined },
): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      socket.off(event, onEvent).off('close', onClose).off('error', onError);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onEvent = (): void => settle();
    const onError = (error: Error): void => settle(error);
    const onClose = (): void => settle(state.error ?? new Error('the receiver has closed the connection'));
    const timer = setTimeout(
      () => settle(new Error(`the receiver does not answer within ${withinMs} ms`)),
      withinMs,
    );
    socket.on(event, onEvent).on('close', onClose).on('error', onError);
  });
