import { createHash } from 'node:crypto';

/** A Lua script that Redis runs as one step; sent once, then called by its SHA-1 (EVALSHA). */
export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

export const defineScript = (lua: string): RedisScript => ({
  lua,
  sha1: createHash('sha1').update(lua).digest('hex'),
});
