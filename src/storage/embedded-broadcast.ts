import { checkMessage, checkTopic, type Broadcast, type TopicListener } from './broadcast.ts';

/** A Broadcast within this thread. Listeners are called after `publish` has returned, like those of another process. */
export const createEmbeddedBroadcast = (): Broadcast => {
  const topics = new Map<string, { count: number; readonly listeners: Set<TopicListener> }>();
  const open = (name: string) => {
    checkTopic(name);
    const topic = topics.get(name) ?? { count: 0, listeners: new Set<TopicListener>() };
    topics.set(name, topic);
    return topic;
  };
  return {
    publish: async (name, message) => {
      checkMessage(message);
      const topic = open(name);
      for (const listener of topic.listeners) {
        setImmediate(() => {
          if (topic.listeners.has(listener)) listener.onMessage(message);
        });
      }
      return ++topic.count;
    },
    subscribe: async (name, { onMessage, onGap }) => {
      const { listeners } = open(name);
      // An object of its own: subscribing the same listener twice makes two subscriptions.
      const listener = { onMessage, onGap };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
