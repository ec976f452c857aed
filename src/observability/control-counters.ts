import { durations, labelled, type Counted } from './families.ts';

/** What the control thread counts as it happens, for createControlMetrics. */
export interface ControlCounters {
  readonly families: readonly Counted[];
  /** Satisfies RevocationMetrics (src/revocation/revocation-service.ts). */
  readonly revocation: {
    readonly crl: (look: { authority: string; outcome: string; ms: number }) => void;
    readonly ocsp: (exchange: { url: string; outcome: string; ms: number }) => void;
  };
  /** A call that a proxy asked about was refused (forward-auth). */
  readonly refused: (code: string) => void;
}

export const createControlCounters = (): ControlCounters => {
  const crls = labelled(
    { name: 'onecert_crl_looks_total', help: 'Looks for a CRL: "taken", "unchanged", or why not' },
    'counter',
    ['authority', 'outcome'],
  );
  const crlSeconds = durations({
    name: 'onecert_crl_look_duration_seconds',
    help: 'A look for a CRL, with fetching and verifying it',
  });
  const ocsp = labelled(
    { name: 'onecert_ocsp_exchanges_total', help: 'Questions to OCSP responders: "answered", or why not' },
    'counter',
    ['responder', 'outcome'],
  );
  const ocspSeconds = durations({
    name: 'onecert_ocsp_exchange_duration_seconds',
    help: 'A question to an OCSP responder',
  });
  const refusals = labelled({ name: 'onecert_refusals_total', help: 'Refusals by code' }, 'counter', [
    'code',
  ]);
  return {
    families: [crls, crlSeconds, ocsp, ocspSeconds, refusals],
    revocation: {
      crl: ({ authority, outcome, ms }) => {
        crls.add(1, authority, outcome);
        crlSeconds.observe(ms / 1000);
      },
      ocsp: ({ url, outcome, ms }) => {
        ocsp.add(1, url, outcome);
        ocspSeconds.observe(ms / 1000);
      },
    },
    refused: (code) => refusals.add(1, code),
  };
};
