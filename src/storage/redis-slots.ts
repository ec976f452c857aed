import type { RedisNode } from './redis-url.ts';

/** Hash slots of a cluster (Redis Cluster specification, "Key distribution model"). */
export const SLOTS = 16_384;

/** Which server of a cluster has which slots. */
export interface SlotMap {
  /** Servers with slots, by `nameOf`. */
  readonly nodes: ReadonlyMap<string, RedisNode>;
  /** Name of the server that has a slot; undefined: none has. */
  ownerOf(slot: number): string | undefined;
  /** Whether every slot has a server. */
  readonly complete: boolean;
  /** The same for the same map. */
  readonly text: string;
}

export const nameOf = ({ host, port }: RedisNode): string => `${host}:${port}`;

/** `host:port` as redirections write it (an IPv6 address without brackets). `''` stands for the server that said it. */
export const readNodeName = (text: string, answering: RedisNode): RedisNode => {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon) || answering.host, port: Number(text.slice(colon + 1)) };
};

/**
 * Reads what CLUSTER SLOTS answers: from, to, master, replicas. A server that does not know the name it is reached by
 * gives none, an empty one or `?`: it is the one that answers.
 *
 * @throws TypeError for anything else
 */
export const readSlots = (reply: unknown, answering: RedisNode): SlotMap => {
  if (!Array.isArray(reply)) throw new TypeError('not an answer of CLUSTER SLOTS');
  const owners = new Array<string | undefined>(SLOTS);
  const nodes = new Map<string, RedisNode>();
  const ranges = (reply as readonly unknown[]).map((range): string => {
    const [from, to, master] = range as readonly [number, number, readonly [unknown, number]];
    const host = typeof master[0] === 'string' && !/^\??$/.test(master[0]) ? master[0] : answering.host;
    const node = { host, port: Number(master[1]) };
    const name = nameOf(node);
    nodes.set(name, node);
    owners.fill(name, from, to + 1);
    return `${String(from).padStart(5, '0')}-${to} ${name}`;
  });
  return {
    nodes,
    ownerOf: (slot) => owners[slot],
    complete: !owners.includes(undefined),
    text: ranges.sort().join('\n'),
  };
};

/** The slot of a key: of what stands between its first `{` and the next `}` where that is not empty, else of the whole. */
export const slotOf = (key: string): number => {
  const open = key.indexOf('{');
  const close = open === -1 ? -1 : key.indexOf('}', open + 1);
  return crc16(Buffer.from(close > open + 1 ? key.slice(open + 1, close) : key)) % SLOTS;
};

/** CRC-16/XMODEM. */
const crc16 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc;
};
