/**
 * The three functions of the package reflect-metadata that @peculiar/x509's dependency injection calls, so that this
 * one peer needs no package of its own here. Imported before it.
 */
const METADATA = new WeakMap<object, Map<unknown, unknown>>();
const own = (key: unknown, target: object): unknown => METADATA.get(target)?.get(key);

Object.assign(Reflect, {
  getOwnMetadata: own,
  getMetadata: (key: unknown, target: object): unknown => {
    for (
      let each: object | null = target;
      each !== null;
      each = Object.getPrototypeOf(each) as object | null
    ) {
      const found = own(key, each);
      if (found !== undefined) return found;
    }
    return undefined;
  },
  defineMetadata: (key: unknown, value: unknown, target: object): void => {
    const known = METADATA.get(target) ?? new Map<unknown, unknown>();
    METADATA.set(target, known.set(key, value));
  },
});
