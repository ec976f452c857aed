/** One key for ever, or all kept versions as of now: the first makes, every one verifies. 32 secret bytes each. */
export type KeptKeys = Uint8Array | (() => readonly Uint8Array[]);

export const keptKeys = (keys: KeptKeys): (() => readonly Uint8Array[]) =>
  keys instanceof Uint8Array ? () => [keys] : keys;

/** What new things are made with. */
export const makingKey = (keys: readonly Uint8Array[]): Uint8Array => {
  const [key] = keys;
  if (key === undefined) throw new Error('a key has at least one version');
  return key;
};
