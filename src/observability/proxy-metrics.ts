import { durations, labelled, scalar, type Counted } from './families.ts';

/** Counts what the data plane reports (the interface stands in src/proxy/metrics.ts). */
export const createProxyMetrics = () => {
  const connections = scalar({ name: 'onecert_connections', help: 'Open connections of clients' }, 'gauge');
  const accepted = scalar({ name: 'onecert_connections_total', help: 'Connections accepted' }, 'counter');
  const dropped = scalar(
    { name: 'onecert_connections_dropped_total', help: 'Connections turned away at the limit' },
    'counter',
  );
  const handshakes = labelled(
    { name: 'onecert_handshakes_total', help: 'TLS handshakes: full, resumed, failed' },
    'counter',
    ['outcome'],
  );
  const inFlight = scalar({ name: 'onecert_calls_in_flight', help: 'Calls not yet answered' }, 'gauge');
  const calls = labelled(
    { name: 'onecert_calls_total', help: 'Calls by service and class of status ("gone": no answer wanted)' },
    'counter',
    ['service', 'status'],
  );
  const seconds = durations({
    name: 'onecert_call_duration_seconds',
    help: 'From the request head to the end of the answer',
  });
  const refusals = labelled({ name: 'onecert_refusals_total', help: 'Refusals by code' }, 'counter', [
    'code',
  ]);
  const headers = labelled(
    { name: 'onecert_headers_removed_total', help: 'Request headers removed that a client may not set' },
    'counter',
    ['name'],
  );
  const malformed = labelled(
    { name: 'onecert_requests_malformed_total', help: 'Requests that can be read in more than one way' },
    'counter',
    ['reason'],
  );
  const failures = labelled(
    { name: 'onecert_upstream_failures_total', help: 'Calls that a back end did not answer, or not whole' },
    'counter',
    ['service', 'failure'],
  );
  const retries = labelled(
    { name: 'onecert_upstream_retries_total', help: 'Idempotent calls sent again' },
    'counter',
    ['service'],
  );
  const backends = labelled(
    { name: 'onecert_backend_calls_total', help: 'Calls sent to a back end, by what came of them' },
    'counter',
    ['backend', 'outcome'],
  );
  const rests = labelled(
    { name: 'onecert_backend_rests_total', help: 'Times that others were preferred to a back end' },
    'counter',
    ['service', 'backend'],
  );
  const assertions = scalar(
    { name: 'onecert_assertions_signed_total', help: 'Assertions signed' },
    'counter',
  );
  const admissions = durations({
    name: 'onecert_admission_duration_seconds',
    help: 'Judging and identifying a credential',
  });
  const tunnels = labelled({ name: 'onecert_tunnels', help: 'Open WebSocket tunnels' }, 'gauge', ['service']);

  const families: readonly Counted[] = [
    connections,
    accepted,
    dropped,
    handshakes,
    inFlight,
    calls,
    seconds,
    refusals,
    headers,
    malformed,
    failures,
    retries,
    backends,
    rests,
    assertions,
    admissions,
    tunnels,
  ];
  return {
    families,
    connectionOpened: (): void => {
      connections.value += 1;
      accepted.value += 1;
    },
    connectionClosed: (): void => {
      connections.value -= 1;
    },
    handshake: (outcome: 'full' | 'resumed' | 'failed'): void => handshakes.add(1, outcome),
    connectionDropped: (): void => {
      dropped.value += 1;
    },
    callStarted: (): void => {
      inFlight.value += 1;
    },
    callFinished: (service: string, status: number, took: number): void => {
      inFlight.value -= 1;
      calls.add(1, service, STATUS_CLASS[Math.floor(status / 100)] ?? 'gone');
      seconds.observe(took);
    },
    refused: (code: string): void => refusals.add(1, code),
    headerRemoved: (name: string): void => headers.add(1, name),
    malformed: (reason: string): void => malformed.add(1, reason),
    upstreamFailed: (service: string, failure: string): void => failures.add(1, service, failure),
    upstreamRetried: (service: string): void => retries.add(1, service),
    backendCalled: (backend: string, outcome: string): void => backends.add(1, backend, outcome),
    backendRested: (service: string, backend: string): void => rests.add(1, service, backend),
    assertionSigned: (): void => {
      assertions.value += 1;
    },
    admitted: (took: number): void => admissions.observe(took),
    tunnelOpened: (service: string): void => tunnels.add(1, service),
    tunnelClosed: (service: string): void => tunnels.add(-1, service),
  };
};

const STATUS_CLASS = ['gone', '1xx', '2xx', '3xx', '4xx', '5xx'];
