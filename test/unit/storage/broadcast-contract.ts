import type { Broadcast, TopicListener } from '../../../src/storage/broadcast.ts';

/** Notes what it hears, and waits until it has heard so much. */
export const listener = (): TopicListener & { heard: string[]; until(count: number): Promise<string[]> } => {
  const heard: string[] = [];
  return {
    heard,
    onMessage: (message) => void heard.push(message),
    onGap: () => void heard.push('(gap)'),
    until: async (count) => {
      while (heard.length < count) await new Promise((resolve) => setTimeout(resolve, 5));
      return heard;
    },
  };
};

/** What every Broadcast does, whichever form it has. `open` gives two ends of one. `describeIt` may skip. */
export const describeBroadcast = (
  name: string,
  open: () => readonly [Broadcast, Broadcast],
  describeIt: jest.Describe = describe,
): void => {
  describeIt(`the ${name} broadcast`, () => {
    let count = 0;
    const topicName = (): string => `topic-${++count}`;

    it('is heard by all who listen to the topic, in order, each message once', async () => {
      const [one, other] = open();
      const topic = topicName();
      const [near, far, aside] = [listener(), listener(), listener()];
      await one.subscribe(topic, near);
      await other.subscribe(topic, far);
      await other.subscribe(topicName(), aside);
      const sent = Array.from({ length: 100 }, (_, index) => `第 ${index}\n`);
      for (const message of sent) await one.publish(topic, message);
      expect(await near.until(100)).toEqual(sent);
      expect(await far.until(100)).toEqual(sent);
      expect(aside.heard).toEqual([]);
    });

    it('numbers messages one by one', async () => {
      const [one, other] = open();
      const topic = topicName();
      const first = await one.publish(topic, 'a');
      expect(await other.publish(topic, 'b')).toBe(first + 1);
      expect(await one.publish(topic, '')).toBe(first + 2);
    });

    it('tells a new listener nothing of what was before, and an ended one nothing more', async () => {
      const [one, other] = open();
      const topic = topicName();
      await one.publish(topic, 'before');
      const [ended, stays] = [listener(), listener()];
      const end = await other.subscribe(topic, ended);
      await other.subscribe(topic, stays);
      await one.publish(topic, 'first');
      await stays.until(1);
      end();
      await one.publish(topic, 'second');
      expect(await stays.until(2)).toEqual(['first', 'second']);
      expect(ended.heard).toEqual(['first']);
    });

    it('refuses topics and messages outside its limits', async () => {
      const [one] = open();
      for (const topic of ['', 'UPPER', 'a*', 'a b', '1a', 'x'.repeat(64)]) {
        await expect(one.publish(topic, 'x')).rejects.toBeInstanceOf(RangeError);
        await expect(one.subscribe(topic, listener())).rejects.toBeInstanceOf(RangeError);
      }
      await expect(one.publish('topic', '证'.repeat(1_366))).rejects.toBeInstanceOf(RangeError);
      await expect(one.publish('topic', '\ud800')).rejects.toBeInstanceOf(RangeError);
    });
  });
};
