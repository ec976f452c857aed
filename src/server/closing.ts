/** What has been started, to be closed in the reverse order. */
export class Closing {
  readonly #parts: (() => Promise<unknown>)[] = [];
  /** Gives the part back. */
  add<Part extends { close(): Promise<unknown> }>(part: Part): Part {
    this.#parts.push(() => part.close());
    return part;
  }
  /** For a part that is ended at once, by a function. */
  addEnd(end: () => unknown): void {
    this.#parts.push(async () => end());
  }
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      // One part that cannot be closed well keeps no other open.
      await part().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
