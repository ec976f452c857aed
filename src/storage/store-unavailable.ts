/**
 * A store of short-lived state cannot answer now: its server is away, too slow or out of memory, or the embedded
 * form is full. Nothing may be assumed of an operation that ended so, least of all that it did not happen. The
 * message is one line an operator can act on and holds no keys or values.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
