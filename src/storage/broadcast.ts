export interface TopicListener {
  /** In the order they were published. */
  readonly onMessage: (message: string) => void;
  /** Messages were lost and cannot be had any more: whatever was built on them has to be built anew. */
  readonly onGap: () => void;
}

/**
 * Tells every process of a gateway something: that sessions ended, that an epoch moved. Messages of a topic are
 * counted; a listener whose connection was away learns of what it missed by comparing counts and is given it, once and
 * in order, or told of a gap. The publisher's own listeners hear it too.
 *
 * Topics are lower-case letters, digits and hyphens; a message is at most 4 KiB of UTF-8 (RangeError).
 */
export interface Broadcast {
  /** The message's number, which rises by one with each. Rejects with StoreUnavailableError. */
  publish(topic: string, message: string): Promise<number>;
  /**
   * Resolves when what is published from now on will be heard; never rejects: while the store is away it is tried
   * again, and a gap told when it is back. Gives what ends the subscription.
   */
  subscribe(topic: string, listener: TopicListener): Promise<() => void>;
}

const MAX_MESSAGE_BYTES = 4 * 1024;

/** @throws RangeError */
export const checkTopic = (topic: string): void => {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(topic)) throw new RangeError('a topic is a-z, 0-9 and hyphens');
};

/** @throws RangeError */
export const checkMessage = (message: string): void => {
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES || !message.isWellFormed()) {
    throw new RangeError(`a message is at most ${MAX_MESSAGE_BYTES} bytes of text`);
  }
};
