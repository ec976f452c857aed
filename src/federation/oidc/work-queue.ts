/** Work that waits for its turn: so much of it at the same time, in the order it came. */
export interface WorkQueue<Item> {
  push(item: Item): void;
  /** Forgets what has not begun; resolves when what has is over. */
  close(): Promise<void>;
}

/** @param work never rejects */
export const createWorkQueue = <Item extends object>(
  parallel: number,
  work: (item: Item) => Promise<void>,
): WorkQueue<Item> => {
  const waiting = new Set<Item>();
  const running = new Set<Promise<void>>();
  let closed = false;
  const begin = (): void => {
    for (const item of waiting) {
      if (running.size >= parallel) return;
      waiting.delete(item);
      const task: Promise<void> = work(item).finally(() => {
        running.delete(task);
        begin();
      });
      running.add(task);
    }
  };
  return {
    push: (item) => {
      if (closed) return;
      waiting.add(item);
      begin();
    },
    close: async () => {
      closed = true;
      waiting.clear();
      while (running.size > 0) await Promise.all(running);
    },
  };
};
