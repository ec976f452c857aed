import type { IncomingMessage } from 'node:http';
import type { RequestHead } from './request-head.ts';

/** Why a request could be read in more than one way; also the label it is counted under. */
export type FramingFault =
  | 'version'
  | 'header-count'
  | 'host-missing'
  | 'host-repeated'
  | 'host-invalid'
  | 'length-repeated'
  | 'length-invalid'
  | 'length-twice'
  | 'transfer-encoding-repeated'
  | 'transfer-encoding-unknown'
  | 'transfer-encoding-in-1.0'
  | 'header-disguised'
  | 'expectation';

const HOST = /^(?:[A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
/** Fifteen digits: whatever reads it as a double reads the same. */
const LENGTH = /^[0-9]{1,15}$/;

/**
 * What Node's parser lets through and the next one might read differently (RFC 9112 sections 2.3, 3.2, 6.1 and
 * 6.3). The parser itself refuses Content-Length beside Transfer-Encoding, two lengths, folded fields, bare LF,
 * spaces before the colon, control characters and bad chunks; the tests hold it to that.
 */
export const findFramingFault = (
  request: IncomingMessage,
  head: RequestHead,
  headerLimit: number,
): FramingFault | undefined => {
  const { httpVersionMajor, httpVersionMinor } = request;
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return 'version';
  if (request.rawHeaders.length > headerLimit * 2) return 'header-count';
  if (head.disguised) return 'header-disguised';
  if (head.hosts > 1) return 'host-repeated';
  if (head.host === undefined) {
    if (httpVersionMinor === 1) return 'host-missing';
  } else if (!HOST.test(head.host)) return 'host-invalid';
  if (head.contentLength !== undefined) {
    if (head.contentLengths > 1) return 'length-repeated';
    if (!LENGTH.test(head.contentLength)) return 'length-invalid';
  }
  if (head.transferEncoding !== undefined) {
    if (head.transferEncodings > 1) return 'transfer-encoding-repeated';
    if (head.contentLength !== undefined) return 'length-twice';
    if (httpVersionMinor === 0) return 'transfer-encoding-in-1.0';
    if (head.transferEncoding.toLowerCase() !== 'chunked') return 'transfer-encoding-unknown';
  }
  if (head.expect !== undefined && head.expect.toLowerCase() !== '100-continue') return 'expectation';
  return undefined;
};
