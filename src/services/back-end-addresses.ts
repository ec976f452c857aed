import { isIPv4 } from 'node:net';

/** Why calls must not be forwarded to an address; the code is stable. */
export interface AddressProblem {
  readonly code: string;
  readonly message: string;
}

/** Where clouds answer a machine with its own credentials (AWS, Azure, GCP, Alibaba Cloud, Tencent Cloud, Oracle). */
const METADATA = new Set([
  '169.254.169.254',
  '169.254.0.23',
  '100.100.100.200',
  'fd00:ec2::254',
  'metadata.google.internal',
  'metadata',
  'metadata.tencentyun.com',
]);

/** Host of a URL in one form: lower case, without brackets and a final dot; an IPv4-mapped IPv6 address as IPv4. */
export const hostOf = ({ hostname }: URL): string => {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped === null) return host;
  const [high = 0, low = 0] = mapped.slice(1).map((part) => parseInt(part, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
};

/** Whether this names the machine itself, whatever its interfaces are. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' ||
  host.endsWith('.localhost') ||
  host === '::1' ||
  host === '::' ||
  host === '0.0.0.0' ||
  (isIPv4(host) && host.startsWith('127.'));

export const metadataProblem = (url: URL): AddressProblem | undefined =>
  METADATA.has(hostOf(url))
    ? {
        code: 'ONECERT_BACKEND_METADATA',
        message: "this is where a cloud gives out the machine's own credentials; no department is there",
      }
    : undefined;
