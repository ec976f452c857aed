import { reading, type Counted, type MetricFamily } from './families.ts';
import { eventLoopDelay, type MetricsPart } from './metrics.ts';
import { droppedSpans, exportedSpans } from './trace-metrics.ts';

/** What the control thread can be asked; every part is read when somebody asks for the metrics. */
export interface ControlReadings {
  /** Figures of the audit writer (AuditWriter.stats()). */
  readonly audit: () => {
    readonly entries: number;
    readonly bytes: number;
    readonly groups: number;
    readonly syncs: number;
    readonly syncSeconds: number;
    readonly longestSyncSeconds: number;
    readonly queued: number;
    readonly refused: number;
    readonly healthy: number;
    readonly seq: number;
    /** Entries that the latest checkpoint covers. */
    readonly checkpoint: number;
  };
  /** Witnesses of the audit log (AuditWriter.witnesses()). */
  readonly auditWitnesses?: () => readonly {
    readonly name: string;
    readonly cosigned: number;
    readonly healthy: boolean;
  }[];
  /** How far the index of the audit log and its exports have come. */
  readonly auditFollower?: () => {
    readonly seq: number;
    readonly exports: readonly {
      readonly name: string;
      readonly confirmed: number;
      readonly sent: number;
      readonly failures: number;
      readonly up: boolean;
    }[];
  };
  /** CRLs in force; `nextUpdate` in ms since the epoch. */
  readonly crls?: () => readonly {
    readonly authority: string;
    readonly issuer: string;
    readonly nextUpdate: number;
    readonly entries: number;
  }[];
  /** Circuit breakers of OCSP responders. */
  readonly responders?: () => readonly {
    readonly responder: string;
    readonly state: 'closed' | 'half-open' | 'open';
  }[];
  /** Back ends whose health is checked. */
  readonly backends?: () => readonly {
    readonly service: string;
    readonly backend: string;
    readonly well: boolean;
  }[];
  /** Spans that the collector has taken, and not (TraceExporter.stats()); not given: nothing is traced. */
  readonly traces?: (() => { readonly exported: number; readonly dropped: number }) | undefined;
  /** Undefined where nothing is shared. */
  readonly postgres?: () =>
    | {
        readonly ready: boolean;
        readonly connections: number;
        readonly idle: number;
        readonly waiting: number;
      }
    | undefined;
  /** Undefined where nothing is shared. */
  readonly redis?: () => { readonly ready: boolean } | undefined;
  /** When the gateway's own certificate is over, ms since the epoch. */
  readonly serverCertificateEnd?: () => number;
  /** What is counted as it happens. */
  readonly counted?: readonly Counted[];
  /** Documents whose files are not what is in force. */
  readonly filesDiffer?: () => number;
  readonly epochs?: () => { readonly trust: number; readonly revocation: number };
  readonly clock?: () => number;
}

/** Metrics of the control thread: to be merged with those of the data-plane threads. */
export const createControlMetrics = (readings: ControlReadings): { collect(): MetricsPart } => {
  const {
    crls = () => [],
    responders = () => [],
    backends = () => [],
    counted = [],
    postgres = () => undefined,
    redis = () => undefined,
    serverCertificateEnd,
    traces,
    epochs,
    filesDiffer,
    clock = Date.now,
  } = readings;
  const gauges: readonly Counted[] = [
    reading(
      {
        name: 'onecert_crl_next_update_seconds',
        help: 'Until the CRL in force is stale (negative: it is, and its certificates are refused)',
      },
      () =>
        crls().map(({ authority, issuer, nextUpdate }) => ({
          value: (nextUpdate - clock()) / 1000,
          labels: { authority, issuer },
        })),
    ),
    reading({ name: 'onecert_crl_entries', help: 'Revoked certificates in the CRL in force' }, () =>
      crls().map(({ authority, issuer, entries }) => ({ value: entries, labels: { authority, issuer } })),
    ),
    reading(
      { name: 'onecert_ocsp_responder_up', help: '1: asked as usual; 0: failed and left alone for a while' },
      () =>
        responders().map(({ responder, state }) => ({
          value: state === 'closed' ? 1 : 0,
          labels: { responder },
        })),
    ),
    reading(
      { name: 'onecert_backend_up', help: '1: health checks find the back end well; 0: it gets no calls' },
      () =>
        backends().map(({ service, backend, well }) => ({
          value: well ? 1 : 0,
          labels: { service, backend },
        })),
    ),
    ...counted,
    ...(traces === undefined
      ? []
      : [exportedSpans(() => traces().exported), droppedSpans('collector', () => traces().dropped)]),
    reading(
      { name: 'onecert_postgres_up', help: '1: PostgreSQL answers; 0: only who is known already is served' },
      () => {
        const stats = postgres();
        return stats === undefined ? [] : [{ value: stats.ready ? 1 : 0, labels: {} }];
      },
    ),
    reading(
      {
        name: 'onecert_postgres_connections',
        help: 'Connections to PostgreSQL, and work that waits for one',
      },
      () => {
        const stats = postgres();
        if (stats === undefined) return [];
        const { connections, idle, waiting } = stats;
        const states = { busy: connections - idle, idle, waiting };
        return Object.entries(states).map(([state, value]) => ({ value, labels: { state } }));
      },
    ),
    reading({ name: 'onecert_redis_up', help: '1: Redis answers; 0: nobody can sign in' }, () => {
      const state = redis();
      return state === undefined ? [] : [{ value: state.ready ? 1 : 0, labels: {} }];
    }),
    reading(
      {
        name: 'onecert_server_certificate_seconds',
        help: "Until the gateway's own certificate is over (negative: it is, and nobody can connect)",
      },
      () =>
        serverCertificateEnd === undefined
          ? []
          : [{ value: (serverCertificateEnd() - clock()) / 1000, labels: {} }],
    ),
    reading(
      {
        name: 'onecert_files_differ',
        help: 'Documents whose files are not what is in force: the change store is ahead, or both were changed',
      },
      () => (filesDiffer === undefined ? [] : [{ value: filesDiffer(), labels: {} }]),
    ),
    reading({ name: 'onecert_epoch', help: 'Versions of trust list and revocation data in force' }, () =>
      Object.entries(epochs?.() ?? {}).map(([of, value]) => ({ value, labels: { of } })),
    ),
    eventLoopDelay('control'),
  ];
  return {
    collect: () => [
      ...auditFamilies(readings.audit()),
      ...followerFamilies(readings),
      ...witnessFamilies(readings),
      ...gauges.map((family) => family.collect()),
    ],
  };
};

const auditFamilies = (stats: ReturnType<ControlReadings['audit']>): readonly MetricFamily[] => {
  const family = (name: string, type: 'counter' | 'gauge', value: number, help: string): MetricFamily => ({
    name: `onecert_audit_${name}`,
    help,
    type,
    aggregator: 'sum',
    values: [{ value, labels: {} }],
  });
  return [
    family('healthy', 'gauge', stats.healthy, '1: the audit log can be written; 0: nothing is answered'),
    family('entries_total', 'counter', stats.entries, 'Entries written'),
    family('bytes_total', 'counter', stats.bytes, 'Bytes written'),
    family('writes_total', 'counter', stats.groups, 'Groups of entries written together'),
    family('syncs_total', 'counter', stats.syncs, 'Forced to the disk'),
    family('sync_seconds_total', 'counter', stats.syncSeconds, 'Time that took'),
    family('sync_longest_seconds', 'gauge', stats.longestSyncSeconds, 'The longest time one took'),
    family(
      'refused_total',
      'counter',
      stats.refused,
      'Entries that could not be kept; their calls were refused',
    ),
    family('queued_batches', 'gauge', stats.queued, 'Batches waiting for the writer'),
    family('seq', 'gauge', stats.seq, 'Number of the last entry'),
    family('checkpoint_size', 'gauge', stats.checkpoint, 'Entries that the latest signed checkpoint covers'),
  ];
};

const witnessFamilies = ({ auditWitnesses }: ControlReadings): readonly MetricFamily[] => {
  const witnesses = auditWitnesses?.() ?? [];
  const family = (
    name: string,
    help: string,
    of: (one: (typeof witnesses)[number]) => number,
  ): MetricFamily => ({
    name: `onecert_audit_witness_${name}`,
    help,
    type: 'gauge',
    aggregator: 'sum',
    values: witnesses.map((one) => ({ value: of(one), labels: { witness: one.name } })),
  });
  return [
    family('up', '1: the witness cosigns; 0: it is away, or refuses', ({ healthy }) => (healthy ? 1 : 0)),
    family(
      'cosigned_size',
      'Entries that its latest cosignature since the start covers',
      ({ cosigned }) => cosigned,
    ),
  ];
};

const followerFamilies = ({ auditFollower }: ControlReadings): readonly MetricFamily[] => {
  if (auditFollower === undefined) return [];
  const { seq, exports } = auditFollower();
  const family = (
    name: string,
    type: 'counter' | 'gauge',
    help: string,
    of: (one: (typeof exports)[number]) => number,
  ): MetricFamily => ({
    name: `onecert_audit_export_${name}`,
    help,
    type,
    aggregator: 'sum',
    values: exports.map((one) => ({ value: of(one), labels: { export: one.name } })),
  });
  return [
    {
      name: 'onecert_audit_index_seq',
      help: 'Number of the last entry in the index; behind onecert_audit_seq: so many are still to come',
      type: 'gauge',
      aggregator: 'sum',
      values: [{ value: seq, labels: {} }],
    },
    family('seq', 'gauge', 'Number of the last entry that has arrived', ({ confirmed }) => confirmed),
    family('entries_total', 'counter', 'Entries sent, also those sent again', ({ sent }) => sent),
    family('failures_total', 'counter', 'Interruptions', ({ failures }) => failures),
    family('up', 'gauge', '1: the last attempt went well', ({ up }) => (up ? 1 : 0)),
  ];
};
