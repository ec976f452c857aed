import type { GatewayMetrics } from '../facts.ts';

const TIMEOUT_MS = 5_000;
const SIZE_LIMIT = 16 * 1024 * 1024;

/** Asks the admin listener. Rejects where it does not answer as one. @param admin its URL */
export const lookAtMetrics = async (admin: string): Promise<GatewayMetrics> => {
  const answer = await fetch(new URL('/metrics', admin), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body = await answer.text();
  if (!answer.ok || body.length > SIZE_LIMIT) {
    throw Object.assign(new Error('no metrics'), { code: `HTTP ${answer.status}` });
  }
  const samples = readSamples(body);
  const of = (name: string) => samples.filter((each) => each.name === name);
  const healthy = of('onecert_audit_healthy')[0]?.value;
  return {
    responders: of('onecert_ocsp_responder_up').map(({ labels, value }) => ({
      responder: labels.responder ?? '',
      up: value === 1,
    })),
    auditHealthy: healthy === undefined ? undefined : healthy === 1,
    crls: of('onecert_crl_next_update_seconds').map(({ labels, value }) => ({
      authority: labels.authority ?? '',
      seconds: value,
    })),
  };
};

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | undefined>>;
  readonly value: number;
}

/** Prometheus text exposition format 0.0.4, as far as the gateway writes it. */
const readSamples = (body: string): readonly Sample[] =>
  body.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{([^\n]*)\})? (\S+)$/i.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/gi)].map((pair) => [pair[1], pair[2]]);
    return [{ name, labels: Object.fromEntries(pairs) as Sample['labels'], value: Number(value) }];
  });
