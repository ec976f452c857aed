import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { z } from 'zod';

/** One span as the collector was told of it. */
export interface Collected {
  readonly trace: string;
  readonly id: string;
  /** '' where the trace begins with it. */
  readonly parent: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly failed: boolean;
  /** ns since the epoch */
  readonly begun: bigint;
  readonly ended: bigint;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** service.name of the resource */
  readonly service: string;
}

/** A real collector: takes OTLP/HTTP in JSON, and nothing that is not OTLP. */
export interface Collector {
  readonly url: string;
  /** Answers so from now on; `hang`: not at all. */
  answer: number | 'hang';
  spans(trace?: string): readonly Collected[];
  /** All that was ever posted, as octets. */
  octets(): Buffer;
  /** Header fields of every post. */
  readonly posts: readonly IncomingHttpHeaders[];
  close(): Promise<void>;
}

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const nanoseconds = z.string().regex(/^\d+$/).transform(BigInt);
const attribute = z.strictObject({
  key: z.string(),
  value: z.union([
    z.strictObject({ stringValue: z.string() }).transform(({ stringValue }) => stringValue),
    z
      .strictObject({ intValue: z.union([z.number().int(), z.string()]) })
      .transform(({ intValue }) => Number(intValue)),
    z.strictObject({ doubleValue: z.number() }).transform(({ doubleValue }) => doubleValue),
    z.strictObject({ boolValue: z.boolean() }).transform(({ boolValue }) => boolValue),
  ]),
});
const attributes = z
  .array(attribute)
  .transform((all) => Object.fromEntries(all.map(({ key, value }) => [key, value])));

/** ExportTraceServiceRequest in the JSON encoding of opentelemetry-proto, as far as spans of a gateway go. */
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: hex(32),
              spanId: hex(16),
              parentSpanId: hex(16).optional(),
              name: z.string().min(1),
              kind: z.union([z.literal(1), z.literal(2), z.literal(3)]),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes: attributes.optional(),
              status: z.object({ code: z.number().optional() }).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const KINDS = { 1: 'internal', 2: 'server', 3: 'client' } as const;

const readSpans = (body: Buffer): Collected[] =>
  request.parse(JSON.parse(body.toString())).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId ?? '',
        name: span.name,
        kind: KINDS[span.kind],
        failed: span.status?.code === 2,
        begun: span.startTimeUnixNano,
        ended: span.endTimeUnixNano,
        attributes: span.attributes ?? {},
        service: String(resource.attributes['service.name']),
      })),
    ),
  );

/** @param tls makes it a collector of https */
export const startCollector = async (tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<Collector> => {
  const bodies: Buffer[] = [];
  const posts: IncomingHttpHeaders[] = [];
  const spans: Collected[] = [];
  const sockets = new Set<Socket>();
  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(body);
      posts.push(incoming.headers);
      if (collector.answer === 'hang') return;
      let status = collector.answer;
      if (status === 200) {
        if (incoming.method === 'POST' && incoming.url === '/v1/traces') {
          try {
            spans.push(...readSpans(body));
          } catch (error) {
            // Seen by the test: what is not OTLP is never taken.
            process.stderr.write(`not OTLP: ${String(error)}\n`);
            status = 400;
          }
        } else status = 404;
      }
      response.writeHead(status, { 'Content-Type': 'application/json' }).end('{}');
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const collector: Collector = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/v1/traces`,
    answer: 200,
    spans: (trace) => spans.filter((span) => trace === undefined || span.trace === trace),
    octets: () => Buffer.concat(bodies),
    posts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
  return collector;
};
