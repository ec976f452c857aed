import { hostname, networkInterfaces } from 'node:os';
import { hostOf, isLoopback, type AddressProblem } from '../services/back-end-addresses.ts';
import type { GatewaySettings } from './gateway-settings.ts';

const ANY = new Set(['::', '0.0.0.0']);

const PROBLEM: AddressProblem = {
  code: 'ONECERT_BACKEND_IS_GATEWAY',
  message: 'this is the gateway itself: calls would go round in a circle',
};

/** What is wrong with a back end that is one of the gateway's own listeners or public addresses. */
export const ownAddressProblem = (settings: GatewaySettings): ((url: URL) => AddressProblem | undefined) => {
  const { listen, browser, terminator, admin, issuer } = settings;
  const listeners = [listen, browser?.listen, terminator?.listen, admin].filter((each) => each !== undefined);
  const publicUrls = [issuer, ...(browser === undefined ? [] : [browser.url])].map((url) => new URL(url));
  const machine = new Set([
    hostname().toLowerCase(),
    ...Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
  ]);
  const isThisMachine = (host: string): boolean => isLoopback(host) || machine.has(host);
  const meets = (host: string, listener: string): boolean => {
    if (ANY.has(listener)) return isThisMachine(host);
    return host === listener.toLowerCase() || (isLoopback(host) && isLoopback(listener.toLowerCase()));
  };
  return (url) => {
    const [host, port] = [hostOf(url), portOf(url)];
    const isOwn =
      listeners.some((each) => each.port !== 0 && each.port === port && meets(host, each.host)) ||
      publicUrls.some((each) => hostOf(each) === host && portOf(each) === port);
    return isOwn ? PROBLEM : undefined;
  };
};

const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
