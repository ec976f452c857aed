import { isIPv4, isIPv6 } from 'node:net';

/**
 * The addresses that count as one when attempts are limited by address: an IPv4 address by itself (also written as
 * IPv6, RFC 4291 section 2.5.5.2), an IPv6 address with its /64, of which one subscriber has all (RFC 6177). What is no
 * address counts as one of its own.
 */
export const addressGroup = (address: string): string => {
  if (isIPv4(address)) return address;
  const [plain = ''] = address.split('%');
  if (!isIPv6(plain)) return 'unknown';
  // The URL standard writes an address in one way: hexadecimal, lower-case, the longest run of zeros as "::".
  const { hostname } = new URL(`http://[${plain}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const parts = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  const numbers = parts.map((part) => Number.parseInt(part, 16));
  if (numbers.slice(0, 5).every((part) => part === 0) && numbers[5] === 0xffff) {
    const [high = 0, low = 0] = numbers.slice(6);
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${parts.slice(0, 4).join(':')}::/64`;
};
