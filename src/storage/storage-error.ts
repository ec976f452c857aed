/** The data folder or a store in it cannot be used. The message is one line an operator can act on. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}
