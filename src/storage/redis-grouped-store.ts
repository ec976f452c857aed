import { checkKey, checkTtl, checkValue } from './expiring-store.ts';
import { checkGroupCount, type GroupedRecord, type GroupedStore } from './grouped-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { defineScript } from './redis-script.ts';

/*
 * A record is a hash: v its value, g its groups (JSON). A group is a sorted set of keys by the time they expire, which
 * expires itself with the last of them. The scripts reach keys that they find in records, so that one server has to
 * hold them all: in a cluster all names of a namespace have one hash tag.
 *
 * A script that reaches a key on its way to another server of a cluster ends there with an error, and what it did until then
 * stays. So they write in an order in which that leaves entries of groups without a record (which nobody is shown, and
 * which go by themselves), and never a record that one of its groups does not have.
 */

/** `now`, and `join`: a place in a group until `ttl` from now, the group living at least as long. */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function join(group, member, ttl)
  redis.call('ZADD', group, string.format('%d', now + ttl), member)
  if redis.call('PTTL', group) < ttl then redis.call('PEXPIRE', group, ttl) end
end
local function leave(prefix, groups, member, except)
  for _, group in ipairs(cjson.decode(groups)) do
    if not (except and except[group]) then redis.call('ZREM', prefix .. group, member) end
  end
end
`;

/** KEYS: record. ARGV: prefix of groups, member, value, groups as JSON, ttl. */
const PUT = defineScript(`${PRELUDE}
local old = redis.call('HGET', KEYS[1], 'g')
local ttl = tonumber(ARGV[5])
local joined = {}
for _, name in ipairs(cjson.decode(ARGV[4])) do
  local group = ARGV[1] .. name
  redis.call('ZREMRANGEBYSCORE', group, '-inf', string.format('%d', now))
  join(group, ARGV[2], ttl)
  joined[name] = true
end
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'g', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ttl)
if old then leave(ARGV[1], old, ARGV[2], joined) end
return 1`);

/** KEYS: record. ARGV: prefix of groups, member, value, ttl. */
const RENEW = defineScript(`${PRELUDE}
local groups = redis.call('HGET', KEYS[1], 'g')
if not groups then return 0 end
local ttl = tonumber(ARGV[4])
for _, group in ipairs(cjson.decode(groups)) do join(ARGV[1] .. group, ARGV[2], ttl) end
redis.call('HSET', KEYS[1], 'v', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ttl)
return 1`);

/** KEYS: record. ARGV: prefix of groups, member. */
const DELETE = defineScript(`${PRELUDE}
local record = redis.call('HMGET', KEYS[1], 'v', 'g')
if not record[1] then return false end
redis.call('DEL', KEYS[1])
leave(ARGV[1], record[2], ARGV[2])
return record[1]`);

/** KEYS: group. ARGV: prefix of records, limit. Answers member, value, member, value … */
const LIST = defineScript(`${PRELUDE}
local found = {}
local members = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%d', now), '+inf', 'LIMIT', 0, ARGV[2])
for _, member in ipairs(members) do
  local value = redis.call('HGET', ARGV[1] .. member, 'v')
  if value then
    table.insert(found, member)
    table.insert(found, value)
  end
end
return found`);

/**
 * KEYS: group. ARGV: prefix of records, cursor, about how many. Answers the next cursor, and members and values as LIST.
 * By ZSCAN and not by the time they expire, which is another one whenever a record is renewed.
 */
const PAGE = defineScript(`
local reply = redis.call('ZSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])
local found = {}
for index = 1, #reply[2], 2 do
  local member = reply[2][index]
  local value = redis.call('HGET', ARGV[1] .. member, 'v')
  if value then
    table.insert(found, member)
    table.insert(found, value)
  end
end
return { reply[1], found }`);

/** KEYS: group. */
const COUNT = defineScript(`${PRELUDE}
return redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%d', now), '+inf')`);

/** KEYS: group. ARGV: prefix of records, prefix of groups, how many at most. Answers members met, records deleted. */
const DELETE_SOME = defineScript(`${PRELUDE}
local members = redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)
local deleted = 0
for _, member in ipairs(members) do
  local record = ARGV[1] .. member
  local groups = redis.call('HGET', record, 'g')
  if groups then
    deleted = deleted + redis.call('DEL', record)
    leave(ARGV[2], groups, member)
  end
  redis.call('ZREM', KEYS[1], member)
end
return { #members, deleted }`);

/** Records ended in one step of deleteGroup: other callers wait for a step, not for the whole. */
const STEP = 250;

/** A GroupedStore in Redis, under `namespace`. Expiry is by the server's clock. */
export const createRedisGroupedStore = (redis: RedisConnection, namespace: string): GroupedStore => {
  const records = redis.key(redis.together(namespace), 'record:');
  const groups = redis.key(redis.together(namespace), 'group:');
  const record = (key: string): string => {
    checkKey(key);
    return records + key;
  };
  const group = (name: string): string => {
    checkKey(name);
    return groups + name;
  };
  const text = (reply: unknown): string | undefined => (typeof reply === 'string' ? reply : undefined);
  return {
    put: async (key, value, names, ttlMs) => {
      checkValue(value);
      checkTtl(ttlMs);
      checkGroupCount(names);
      names.forEach(checkKey);
      await redis.script(PUT, [record(key)], [groups, key, value, JSON.stringify(names), ttlMs]);
    },
    get: async (key) => text(await redis.command(['HGET', record(key), 'v'])),
    renew: async (key, value, ttlMs) => {
      checkValue(value);
      checkTtl(ttlMs);
      return (await redis.script(RENEW, [record(key)], [groups, key, value, ttlMs])) === 1;
    },
    delete: async (key) => text(await redis.script(DELETE, [record(key)], [groups, key])),
    list: async (name, limit) => {
      if (limit < 1) return [];
      return recordsIn((await redis.script(LIST, [group(name)], [records, limit])) as readonly string[]);
    },
    pages: async function* (name, size) {
      for (let cursor = '0'; ;) {
        const page = await redis.script(PAGE, [group(name)], [records, cursor, size]);
        const [next, found] = page as readonly [string, readonly string[]];
        yield recordsIn(found);
        if (next === '0') return;
        cursor = next;
      }
    },
    count: async (name) => (await redis.script(COUNT, [group(name)], [])) as number,
    deleteGroup: async (name) => {
      let total = 0;
      for (;;) {
        const step = await redis.script(DELETE_SOME, [group(name)], [records, groups, STEP]);
        const [met, deleted] = step as readonly [number, number];
        total += deleted;
        if (met < STEP) return total;
      }
    },
  };
};

/** From member, value, member, value … */
const recordsIn = (found: readonly string[]): GroupedRecord[] =>
  found.flatMap((member, index) => (index % 2 === 0 ? [{ key: member, value: found[index + 1] ?? '' }] : []));
