/**
 * What building one path may cost at most. A peer chooses which certificates it presents; the budget keeps it from
 * choosing how long the gateway works (path explosion by cross-certificates, long chains).
 */
export class Budget {
  #signatures: number;
  #steps: number;
  readonly depth: number;

  constructor({ signatures = 32, steps = 500, depth = 10 } = {}) {
    this.#signatures = signatures;
    this.#steps = steps;
    this.depth = depth;
  }

  /** One signature verification; false when there is none left. */
  takeSignature(): boolean {
    return this.#signatures-- > 0;
  }

  /** One candidate looked at while building. */
  takeStep(): boolean {
    return this.#steps-- > 0;
  }
}
