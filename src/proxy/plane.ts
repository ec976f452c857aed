import type { Connection } from './connection.ts';
import type { DataPlaneParts } from './data-plane.ts';
import type { Limits } from './limits.ts';
import type { FieldTreatment } from './listeners/field-treatment.ts';
import type { Listener } from './listeners/listener.ts';
import type { Tunnel } from './tunnel.ts';
import type { Upstreams } from './upstream.ts';

/** What all calls of one data-plane thread share. */
export interface Plane {
  readonly parts: DataPlaneParts;
  readonly limits: Limits;
  /** How calls of this listener are found out to be whose. */
  readonly listener: Listener;
  /** What is done with request fields on this listener. */
  readonly treatmentOf: FieldTreatment;
  /** Host and port of the URL that clients of this listener use. */
  readonly publicHost: string;
  readonly upstreams: Upstreams;
  readonly connections: Set<Connection>;
  readonly tunnels: Set<Tunnel>;
  /** A name for a call, unique among all threads and replicas. */
  readonly nextReference: () => string;
  /** Once true, every answer closes its connection. */
  draining: boolean;
}
