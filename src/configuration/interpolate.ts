import { parse, visit, type Document } from 'yaml';

/** ${NAME} or ${NAME:-default}. */
export const REFERENCE = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g;

/** A reference to an environment variable that is not set and has no default. */
export interface UnsetVariable {
  readonly name: string;
  readonly offset: number;
}

/**
 * Replaces ${NAME} and ${NAME:-default} in the scalars of a parsed document, in place, so that positions of
 * errors stay those of the file. An unquoted scalar is read again after replacement: `port: ${PORT:-8443}`
 * is a number. Nothing else that a variable may hold is YAML: a path with " #" in it stays one.
 */
export const interpolate = (document: Document, environment: NodeJS.ProcessEnv): UnsetVariable[] => {
  const unset: UnsetVariable[] = [];
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value !== 'string' || !scalar.value.includes('${')) return;
      const text = scalar.value.replace(REFERENCE, (_whole, name: string, fallback: string | undefined) => {
        const value = environment[name] ?? fallback;
        if (value === undefined) unset.push({ name, offset: scalar.range?.[0] ?? 0 });
        return value ?? '';
      });
      scalar.value = scalar.type === 'PLAIN' ? numberOrText(text) : text;
    },
  });
  return unset;
};

const numberOrText = (text: string): unknown => {
  try {
    const read: unknown = parse(text, { logLevel: 'silent' });
    return typeof read === 'number' || typeof read === 'boolean' ? read : text;
  } catch {
    return text;
  }
};
