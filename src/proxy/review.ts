import type { Call } from './call.ts';
import type { Plane } from './plane.ts';
import { refusalEntry } from './record.ts';

/**
 * Looks again at whatever is open and may stay so: WebSockets, and answers without end such as event streams. Cuts
 * those whose caller would not be let through today.
 */
export const reviewAll = (plane: Plane): void => {
  for (const tunnel of plane.tunnels) void review(tunnel.call, () => tunnel.close());
  const begunBefore = Date.now() - plane.limits.longCall;
  for (const { current } of plane.connections) {
    if (current === undefined || current.receivedAt > begunBefore) continue;
    const { exchange } = current;
    if (exchange !== undefined) void review(current, () => exchange.cut());
  }
};

const review = async (call: Call, cut: () => void): Promise<void> => {
  const { caller, connection, plane } = call;
  const { gate, audit, metrics } = plane.parts;
  // The portal's own pages have no caller; they end by themselves.
  if (caller === undefined) return;
  const stands = await caller.stands();
  if (stands && !caller.isJudged) await caller.judge();
  if (call.gone || connection.current !== call) return;
  const decision = gate.decide(stands ? caller.admission : undefined, call);
  if (decision.outcome === 'allow') return;
  metrics.refused(decision.code);
  audit.record(refusalEntry(call, decision.code, 'cut-while-open'), 'synced', () => {});
  cut();
};
