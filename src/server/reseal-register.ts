import type { Resealing } from '../identity/reseal.ts';
import type { Logger } from '../observability/logging.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { inUse } from '../storage/key-version.ts';

export interface RegisterResealing {
  close(): Promise<void>;
}

/** Rows looked at in one go, between calls: some milliseconds. */
const BATCH = 200;
const PAUSE_MS = 20;
/** ms between looks at the keys. */
const LOOK_MS = 5_000;

/** Makes the register, and whatever else is sealed with the field key, anew in the background whenever another version of its keys has come into use. */
export const resealInBackground = (
  stores: () => readonly Pick<Resealing, 'reseal'>[],
  keys: Pick<KeyRing, 'versions'>,
  log: Logger,
): RegisterResealing => {
  let doneWith = '';
  let closed = false;
  let turn = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const versionsInUse = (): string =>
    (['field.key', 'hash.key'] as const)
      .map((name) => inUse(keys.versions(name), Date.now()).version)
      .join(' ');
  const hasEarlier = (): boolean =>
    (['field.key', 'hash.key'] as const).some(
      (name) => inUse(keys.versions(name), Date.now()) !== keys.versions(name)[0],
    );
  const look = async (): Promise<void> => {
    const now = versionsInUse();
    if (now === doneWith || !hasEarlier()) return;
    log.info({ versions: now }, 'the register is sealed anew with the keys in use');
    let total = 0;
    for (const store of stores()) {
      for (let done = false; !done && !closed;) {
        const step = await store.reseal(BATCH);
        total += step.resealed;
        ({ done } = step);
        await pause(PAUSE_MS);
      }
    }
    if (closed) return;
    doneWith = now;
    log.info(
      { versions: now, resealed: total },
      'the register is sealed anew: earlier versions can be retired',
    );
  };
  const next = (): void => {
    timer = setTimeout(() => {
      turn = look()
        .catch((error: unknown) => log.error({ error }, 'the register could not be sealed anew; tried again'))
        .finally(() => {
          if (!closed) next();
        });
    }, LOOK_MS).unref();
  };
  next();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await turn;
    },
  };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
