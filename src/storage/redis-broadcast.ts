import { checkMessage, checkTopic, type Broadcast, type TopicListener } from './broadcast.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { RedisLink } from './redis-link.ts';
import { defineScript } from './redis-script.ts';

/** Messages of a topic that can be fetched later; a listener that missed more is told of a gap. */
const KEPT = 256;
const KEPT_MS = 3_600_000;

/**
 * A count that does not exist starts at the server's time: should Redis lose its data, it goes on above the old one,
 * and nobody takes a new message for one that was heard.
 */
const START = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000)), 'NX')
`;

/** KEYS: count, kept messages. ARGV: channel, message. Answers the count. */
const PUBLISH = defineScript(`${START}
local count = redis.call('INCR', KEYS[1])
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], -${KEPT}, -1)
redis.call('PEXPIRE', KEYS[2], ${KEPT_MS})
redis.call('PUBLISH', ARGV[1], string.format('%d', count) .. ' ' .. ARGV[2])
return count`);

/** KEYS: count, kept messages. ARGV: the count last heard, or '' for none. Answers the count, then what came after. */
const FETCH = defineScript(`${START}
local count = tonumber(redis.call('GET', KEYS[1]))
local heard = tonumber(ARGV[1])
local answer = { count }
if heard and count > heard then
  for _, message in ipairs(redis.call('LRANGE', KEYS[2], heard - count, -1)) do table.insert(answer, message) end
end
return answer`);

interface Topic {
  readonly name: string;
  readonly listeners: Set<TopicListener>;
  /** Count of the last message given to the listeners; undefined until Redis has told the first. */
  heard: number | undefined;
  /** Whether something may have been missed when Redis tells the first: it was away as the topic was subscribed to. */
  late: boolean;
}

export interface RedisBroadcastOptions {
  /** How often counts are compared, should the subscription have missed something. */
  readonly pollMs?: number;
  /** Told of errors that listeners throw. */
  readonly onDefect?: (error: unknown) => void;
}

/** A Broadcast through Redis: pub/sub (heard at once), and counts compared every `pollMs` (nothing is lost). */
export const createRedisBroadcast = (
  redis: RedisConnection,
  { pollMs = 1_000, onDefect = () => undefined }: RedisBroadcastOptions = {},
): Broadcast & { close(): void } => {
  const topics = new Map<string, Topic>();
  const channelOf = (name: string): string => redis.key('topic', name);
  const keysOf = (name: string) =>
    [redis.key('topic-count', redis.together(name)), redis.key('topic-kept', redis.together(name))] as const;

  const give = (topic: Topic, tell: (listener: TopicListener) => void): void => {
    for (const listener of [...topic.listeners]) {
      try {
        tell(listener);
      } catch (error) {
        onDefect(error);
      }
    }
  };
  const hear = (topic: Topic, count: number, message: string): void => {
    topic.heard = count;
    give(topic, ({ onMessage }) => onMessage(message));
  };

  const fetch = async (topic: Topic): Promise<void> => {
    const { heard } = topic;
    const answer = (await redis.script(FETCH, keysOf(topic.name), [heard ?? ''])) as [number, ...string[]];
    const [count, ...messages] = answer;
    // Something was heard meanwhile: this answer may be older than that. The next one tells.
    if (topic.heard !== heard || count === heard) return;
    if (heard === undefined) {
      topic.heard = count;
      if (topic.late) give(topic, ({ onGap }) => onGap());
    } else if (messages.length === count - heard) {
      messages.forEach((message, index) => hear(topic, heard + index + 1, message));
    } else {
      // More was missed than is kept, or Redis has lost its data and counts anew.
      topic.heard = count;
      give(topic, ({ onGap }) => onGap());
    }
  };
  const poll = async (): Promise<void> => {
    for (const topic of topics.values()) await fetch(topic).catch(() => undefined);
  };

  const onPublished = (text: string, channel: string): void => {
    const [, digits = '', message = ''] = /^(\d+) ([^]*)$/.exec(text) ?? [];
    const count = Number(digits);
    for (const topic of topics.values()) {
      if (channelOf(topic.name) !== channel || topic.heard === undefined) continue;
      if (count === topic.heard + 1) hear(topic, count, message);
      else if (count > topic.heard) void fetch(topic).catch(() => undefined);
    }
  };

  // A server that has taken over may lack the last messages and count them anew, as if they were those that were heard.
  redis.onMoved(() => {
    for (const topic of topics.values()) Object.assign(topic, { heard: undefined, late: true });
    void poll();
  });

  let link: RedisLink | undefined;
  let timer: NodeJS.Timeout | undefined;
  const listen = (): void => {
    link ??= redis.openAnother((client) => {
      let subscribed = false;
      client.on('ready', () => {
        // The library subscribes anew by itself when the same client connects again.
        if (!subscribed) {
          client.pSubscribe(channelOf('*'), onPublished).catch(() => (subscribed = false));
          subscribed = true;
        }
        void poll();
      });
    });
    timer ??= setInterval(() => void poll(), pollMs).unref();
  };

  return {
    publish: async (name, message) => {
      checkTopic(name);
      checkMessage(message);
      return (await redis.script(PUBLISH, keysOf(name), [channelOf(name), message])) as number;
    },
    subscribe: async (name, { onMessage, onGap }) => {
      checkTopic(name);
      const topic = topics.get(name) ?? { name, listeners: new Set(), heard: undefined, late: false };
      topics.set(name, topic);
      const listener = { onMessage, onGap };
      topic.listeners.add(listener);
      listen();
      if (topic.heard === undefined) await fetch(topic).catch(() => (topic.late = true));
      return () => {
        topic.listeners.delete(listener);
        if (topic.listeners.size === 0) topics.delete(name);
      };
    },
    close: () => {
      clearInterval(timer);
      link?.close();
    },
  };
};
