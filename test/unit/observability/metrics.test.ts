import { createControlMetrics } from '../../../src/observability/control-metrics.ts';
import { createMetrics, mergeMetrics, type MetricsPart } from '../../../src/observability/metrics.ts';
import type { ProxyMetrics } from '../../../src/proxy/metrics.ts';

/** As when the part has crossed from another thread. */
const crossed = (part: MetricsPart): MetricsPart => structuredClone(part);

/** Samples of the text exposition, by name and labels. */
const samplesOf = (text: string): Map<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

describe('metrics', () => {
  it('adds up what several threads counted', async () => {
    const threads = [createMetrics(), createMetrics()];
    for (const [index, { proxy, verdicts }] of threads.entries()) {
      const metrics: ProxyMetrics = proxy;
      metrics.connectionOpened();
      metrics.handshake(index === 0 ? 'full' : 'resumed');
      metrics.callStarted();
      metrics.callStarted();
      metrics.callFinished('joint-tax', 204, 1 / 256);
      metrics.refused('ONECERT_CERTIFICATE_REVOKED');
      metrics.headerRemoved('x-forwarded-for');
      metrics.malformed('obs-fold');
      metrics.upstreamFailed('joint-tax', 'connect');
      metrics.admitted(0.2);
      metrics.tunnelOpened('joint-tax');
      verdicts.asked();
      verdicts.asked();
      verdicts.reached();
    }
    threads[0]?.proxy.callFinished('', 0, 60);
    threads[0]?.proxy.tunnelClosed('joint-tax');
    const { contentType, text } = await mergeMetrics(threads.map((thread) => crossed(thread.collect())));
    expect(contentType).toContain('text/plain');
    const samples = samplesOf(text);
    const expected: Record<string, number> = {
      onecert_connections: 2,
      'onecert_handshakes_total{outcome="full"}': 1,
      'onecert_handshakes_total{outcome="resumed"}': 1,
      onecert_calls_in_flight: 1,
      'onecert_calls_total{service="joint-tax",status="2xx"}': 2,
      'onecert_calls_total{service="",status="gone"}': 1,
      'onecert_call_duration_seconds_bucket{le="0.0025"}': 0,
      'onecert_call_duration_seconds_bucket{le="0.005"}': 2,
      'onecert_call_duration_seconds_bucket{le="30"}': 2,
      'onecert_call_duration_seconds_bucket{le="+Inf"}': 3,
      onecert_call_duration_seconds_count: 3,
      onecert_call_duration_seconds_sum: 60 + 2 / 256,
      'onecert_refusals_total{code="ONECERT_CERTIFICATE_REVOKED"}': 2,
      'onecert_headers_removed_total{name="x-forwarded-for"}': 2,
      'onecert_requests_malformed_total{reason="obs-fold"}': 2,
      'onecert_upstream_failures_total{service="joint-tax",failure="connect"}': 2,
      'onecert_tunnels{service="joint-tax"}': 1,
      onecert_verdicts_asked_total: 4,
      onecert_verdicts_reached_total: 2,
    };
    for (const [name, value] of Object.entries(expected))
      expect([name, samples.get(name)]).toEqual([name, value]);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(text.match(/^# TYPE onecert_calls_total counter$/gm)).toHaveLength(1);
    expect(text).toContain('# TYPE onecert_call_duration_seconds histogram');
  });

  it('tells of the control thread: audit log, CRLs, responders', async () => {
    const now = Date.now();
    const control = createControlMetrics({
      audit: () => ({
        entries: 7,
        bytes: 700,
        groups: 2,
        syncs: 1,
        syncSeconds: 0.5,
        longestSyncSeconds: 0.5,
        queued: 0,
        refused: 3,
        healthy: 0,
        seq: 7,
        checkpoint: 6,
      }),
      auditWitnesses: () => [{ name: 'witness.example/w1', cosigned: 5, healthy: false }],
      crls: () => [{ authority: 'nanfang', issuer: 'CN="A"\n', nextUpdate: now - 5_000, entries: 12 }],
      responders: () => [{ responder: 'http://127.0.0.1/', state: 'open' }],
      epochs: () => ({ trust: 3, revocation: 9 }),
      clock: () => now,
    });
    const { text } = await mergeMetrics([crossed(control.collect()), crossed(createMetrics().collect())]);
    const samples = samplesOf(text);
    expect(samples.get('onecert_audit_healthy')).toBe(0);
    expect(samples.get('onecert_audit_refused_total')).toBe(3);
    expect(samples.get('onecert_audit_checkpoint_size')).toBe(6);
    expect(text).toContain('onecert_audit_witness_up{witness="witness.example/w1"} 0');
    expect(samples.get('onecert_crl_next_update_seconds{authority="nanfang",issuer="CN=\\"A\\"\\n"}')).toBe(
      -5,
    );
    expect(samples.get('onecert_ocsp_responder_up{responder="http://127.0.0.1/"}')).toBe(0);
    expect(samples.get('onecert_epoch{of="trust"}')).toBe(3);
  });

  it('bounds the label values it remembers', () => {
    const { proxy, collect } = createMetrics();
    for (let index = 0; index < 10_000; index++) proxy.malformed(`reason-${index}`);
    const family = collect().find(({ name }) => name === 'onecert_requests_malformed_total');
    expect(family?.values.length).toBeLessThanOrEqual(2_001);
    expect(family?.values.reduce((sum, { value }) => sum + value, 0)).toBe(10_000);
  });
});
