import { BlockList, isIP, isIPv4 } from 'node:net';
import type { RequestHandler } from 'express';
import type { PortalParts } from '../portal/portal-parts.ts';
import { refuse } from '../portal/refuse.ts';
import { visitOf } from '../portal/visit.ts';
import type { AdminParts } from './admin-parts.ts';

/** An IPv4 range on an IPv6 socket (RFC 4291 section 2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Whether an address lies in one of the CIDR ranges (RFC 4632, RFC 4291 section 2.3); no range: every address does. */
export const createNetworkCheck = (networks: readonly string[]): ((address: string) => boolean) => {
  if (networks.length === 0) return () => true;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', length = ''] = network.split('/');
    list.addSubnet(address, Number(length), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return (address) => {
    const plain = MAPPED.exec(address)?.[1] ?? address.split('%', 1)[0] ?? '';
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  };
};

/** Answers nothing to addresses outside the networks of the settings. */
export const onlyFromNetworks = ({ networks, portal }: AdminParts): RequestHandler => {
  const isInside = createNetworkCheck(networks);
  return async (request, response, next) => {
    if (isInside(visitOf(request).context.from)) return next();
    await refuse(portal as PortalParts, request, response, {
      code: 'ONECERT_CONSOLE_NETWORK',
      detail: 'from outside the networks of the console',
    });
  };
};
