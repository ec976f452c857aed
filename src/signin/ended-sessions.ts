import type { EndedSessions } from './session.ts';
import type { SessionCipher } from './session-store.ts';

/** What is asked of a broadcast, in this process or through Redis (src/storage/broadcast.ts). */
export interface SessionBroadcast {
  publish(topic: string, message: string): Promise<unknown>;
  subscribe(
    topic: string,
    listener: { readonly onMessage: (message: string) => void; readonly onGap: () => void },
  ): Promise<() => void>;
}

export type EndedListener = (ended: EndedSessions) => void;

/** Tells every process that sessions ended, so that none of them goes on with a copy of its own. */
export interface EndedChannel {
  /** Listeners of this process are told before it returns, the others as soon as the broadcast gets there. */
  tell(ended: EndedSessions): Promise<void>;
  /** Gives what ends it. A listener may be told the same twice. */
  listen(listener: EndedListener): () => void;
  close(): void;
}

const TOPIC = 'sessions-ended';

export const openEndedChannel = async (
  broadcast: SessionBroadcast,
  cipher: SessionCipher,
  onDefect: (error: unknown) => void,
): Promise<EndedChannel> => {
  const listeners = new Set<{ readonly told: EndedListener }>();
  const tellHere = (ended: EndedSessions): void => {
    for (const { told } of [...listeners]) {
      try {
        told(ended);
      } catch (error) {
        onDefect(error);
      }
    }
  };
  const end = await broadcast.subscribe(TOPIC, {
    onMessage: (message) => tellHere(read(message, cipher)),
    // Which ones ended meanwhile is not known: all copies have to go.
    onGap: () => tellHere({ any: true }),
  });
  return {
    tell: async (ended) => {
      tellHere(ended);
      const sealed = cipher.encrypt(JSON.stringify(ended), TOPIC);
      await broadcast.publish(TOPIC, Buffer.from(sealed).toString('base64'));
    },
    listen: (told) => {
      const listener = { told };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: end,
  };
};

/** A message that does not open may have been about any session. */
const read = (message: string, cipher: SessionCipher): EndedSessions => {
  try {
    return JSON.parse(cipher.decrypt(Buffer.from(message, 'base64'), TOPIC)) as EndedSessions;
  } catch {
    return { any: true };
  }
};
