import { namedInConnection, withoutNamed } from './header-hygiene.ts';
import type { FieldTreatment } from './listeners/field-treatment.ts';
import type { ProxyMetrics } from './metrics.ts';

/** The fields of one request, sorted out in one pass: what may go on, and what decides where the message ends. */
export interface RequestHead {
  /** End-to-end fields a client may set, in the order sent: alternating names and values. */
  readonly headers: string[];
  readonly host: string | undefined;
  readonly hosts: number;
  readonly contentLength: string | undefined;
  readonly contentLengths: number;
  readonly transferEncoding: string | undefined;
  readonly transferEncodings: number;
  readonly expect: string | undefined;
  /** A field that a back end could take for one of the three that frame a message. */
  readonly disguised: boolean;
}

/** @param raw alternating names and values, as `IncomingMessage.rawHeaders` has them */
export const readRequestHead = (
  raw: readonly string[],
  treatmentOf: FieldTreatment,
  metrics: ProxyMetrics,
): RequestHead => {
  const headers: string[] = [];
  let host: string | undefined;
  let hosts = 0;
  let contentLength: string | undefined;
  let contentLengths = 0;
  let transferEncoding: string | undefined;
  let transferEncodings = 0;
  let expect: string | undefined;
  let disguised = false;
  let named: string[] | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    const treatment = treatmentOf(name);
    switch (treatment.kind) {
      case 'keep':
        headers.push(name, raw[index + 1] as string);
        break;
      case 'hop':
        break;
      case 'forged':
        metrics.headerRemoved(treatment.label);
        break;
      case 'host':
        host = raw[index + 1];
        hosts += 1;
        break;
      case 'content-length':
        contentLength = raw[index + 1];
        contentLengths += 1;
        break;
      case 'transfer-encoding':
        transferEncoding = raw[index + 1];
        transferEncodings += 1;
        break;
      case 'connection': {
        const names = namedInConnection(raw[index + 1] as string);
        if (names.length > 0) named = (named ?? []).concat(names);
        break;
      }
      case 'expect':
        expect = raw[index + 1];
        break;
      case 'disguised':
        disguised = true;
        break;
    }
  }
  return {
    headers: named === undefined ? headers : withoutNamed(headers, named),
    host,
    hosts,
    contentLength,
    contentLengths,
    transferEncoding,
    transferEncodings,
    expect,
    disguised,
  };
};
