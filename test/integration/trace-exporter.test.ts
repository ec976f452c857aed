import { MessageChannel } from 'node:worker_threads';
import { startTraceExporter, type TraceExporter } from '../../src/tracing/exporter.ts';
import type { Span } from '../../src/tracing/span.ts';
import { createSpanBuffer } from '../../src/tracing/span-buffer.ts';
import { newSpanId } from '../../src/tracing/trace-context.ts';
import { startCollector, type Collector } from './collector.ts';
import { haveOpenssl } from './proxy/authority.ts';
import { until } from './proxy/client.ts';
import { createUpstreamCertificates } from './proxy/upstream-certificates.ts';

const span = (name: string): Span => ({
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
  id: newSpanId(),
  parent: undefined,
  isParentRemote: false,
  name,
  kind: 'internal',
  begun: 1_700_000_000_123.25,
  ended: 1_700_000_000_999.5,
  attributes: { text: '中文', number: 3, truth: true },
  failed: true,
});

describe('spans on their way to a collector', () => {
  let collector: Collector;
  let exporter: TraceExporter;
  const lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const start = (options: { endpoint?: string; authority?: string; timeout?: number } = {}): TraceExporter =>
    startTraceExporter({
      endpoint: options.endpoint ?? collector.url,
      headers: { 'X-Api-Key': 'of the collector' },
      authority: options.authority,
      resource: { 'service.name': 'onecert' },
      timeout: options.timeout ?? 5_000,
      log: (level, message, fields) => lines.push({ level, message, fields }),
    });
  beforeEach(async () => {
    lines.splice(0);
    collector = await startCollector();
  });
  afterEach(async () => {
    await exporter.close();
    await collector.close();
  });

  it('come from several threads, arrive as they were, and make room', async () => {
    exporter = start();
    const [one, other] = [
      createSpanBuffer(exporter.connect(), { unsettled: 2 }),
      createSpanBuffer(exporter.connect()),
    ];
    one.add(span('a'));
    one.add(span('b'));
    one.add(span('no room for it'));
    expect(one.dropped).toBe(1);
    other.add(span('c'));
    await until(() => exporter.stats().exported === 3);
    expect(
      collector
        .spans()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
    expect(collector.spans()[0]).toMatchObject({
      parent: '',
      kind: 'internal',
      failed: true,
      begun: 1_700_000_000_123_250_000n,
      ended: 1_700_000_000_999_500_000n,
      attributes: { text: '中文', number: 3, truth: true },
      service: 'onecert',
    });
    expect(collector.posts[0]?.['x-api-key']).toBe('of the collector');
    // What has arrived takes up no room any more.
    one.add(span('d'));
    expect(one.dropped).toBe(1);
    one.flush();
    await exporter.close();
    expect(collector.spans().map(({ name }) => name)).toContain('d');
  });

  it('are posted again to a collector that is busy, and lost to one that does not want them', async () => {
    exporter = start();
    const buffer = createSpanBuffer(exporter.connect());
    collector.answer = 503;
    buffer.add(span('busy'));
    await until(() => collector.posts.length === 1);
    collector.answer = 200;
    await until(() => exporter.stats().exported === 1);
    expect(lines).toEqual([]);
    collector.answer = 401;
    buffer.add(span('unwanted'));
    await until(() => exporter.stats().dropped === 1);
    buffer.add(span('unwanted too'));
    await until(() => exporter.stats().dropped === 2);
    collector.answer = 200;
    buffer.add(span('wanted'));
    await until(() => exporter.stats().exported === 2);
    expect(lines).toEqual([
      {
        level: 'warn',
        message: expect.stringContaining('does not take traces') as string,
        fields: { reason: '401' },
      },
      { level: 'info', message: expect.stringContaining('again') as string, fields: { dropped: 2 } },
    ]);
  });

  it('a collector that never answers keeps nothing from ending', async () => {
    exporter = start({ timeout: 60_000 });
    collector.answer = 'hang';
    const buffer = createSpanBuffer(exporter.connect());
    buffer.add(span('lost'));
    buffer.flush();
    await until(() => collector.posts.length === 1);
    await exporter.close();
    expect(lines).toMatchObject([{ level: 'warn', fields: { spans: 1 } }]);
  });

  it('an exporter that has ended costs its threads no more than room', async () => {
    exporter = start();
    const port = exporter.connect();
    await exporter.close();
    const buffer = createSpanBuffer(port, { unsettled: 10 });
    for (let count = 0; count < 15; count++) buffer.add(span('lost'));
    buffer.flush();
    for (let count = 0; count < 15; count++) buffer.add(span('lost'));
    expect(buffer.dropped).toBe(20);
  });

  (haveOpenssl ? it : it.skip)('go to a collector of the city’s own authority, and to no other', async () => {
    const certificates = createUpstreamCertificates();
    const own = await startCollector(certificates.server);
    try {
      exporter = start({ endpoint: own.url, timeout: 1_000 });
      const refusing = createSpanBuffer(exporter.connect());
      refusing.add(span('to whom?'));
      await until(() => exporter.stats().dropped === 1);
      await exporter.close();
      exporter = start({ endpoint: own.url, authority: certificates.authority });
      const buffer = createSpanBuffer(exporter.connect());
      buffer.add(span('to our own'));
      await until(() => exporter.stats().exported === 1);
      expect(own.spans().map(({ name }) => name)).toEqual(['to our own']);
    } finally {
      await own.close();
      certificates.remove();
    }
  });
});

describe('a thread whose exporter is stuck', () => {
  it('keeps so many spans and no more', () => {
    const { port1, port2 } = new MessageChannel();
    const buffer = createSpanBuffer(port1, { unsettled: 1_000 });
    for (let count = 0; count < 5_000; count++) buffer.add(span('x'));
    expect(buffer.dropped).toBe(4_000);
    port1.close();
    port2.close();
  });
});
