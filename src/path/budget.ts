import type { SignatureAlgorithm } from '../certificate/algorithm.ts';
import type { PublicKey } from '../certificate/public-key.ts';

/**
 * What building one path may cost at most. A peer chooses which certificates it presents; the budget keeps it from
 * choosing how long the gateway works (path explosion by cross-certificates, long chains, long lists of names).
 */
export class Budget {
  #signatures: number;
  #steps: number;
  #comparisons: number;
  readonly depth: number;

  /**
   * `signatures`: verifications, an SM2 one or one under a large RSA key counting as several. `steps`: candidates
   * looked at while building. `depth`: certificates in a path besides the anchor's. `comparisons`: of a name with a
   * name constraint; 250,000 as in Go's crypto/x509, a few milliseconds.
   */
  constructor({ signatures = 32, steps = 500, depth = 10, comparisons = 250_000 } = {}) {
    this.#signatures = signatures;
    this.#steps = steps;
    this.#comparisons = comparisons;
    this.depth = depth;
  }

  /** One signature verification; false when there is none left. */
  takeSignature(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
    this.#signatures -= costOf(algorithm, key);
    return this.#signatures >= 0;
  }

  /** One candidate looked at while building. */
  takeStep(): boolean {
    return this.#steps-- > 0;
  }

  /** Comparisons of one name with this many name constraints. */
  takeComparisons(count: number): boolean {
    this.#comparisons -= count;
    return this.#comparisons >= 0;
  }

  /** Nothing more can come of looking further. */
  get isSpent(): boolean {
    return this.#signatures <= 0 || this.#steps <= 0 || this.#comparisons < 0;
  }
}

/** In verifications of an ECDSA signature, roughly. */
const costOf = ({ name }: SignatureAlgorithm, key: PublicKey): number =>
  name === 'sm2' || (key.type === 'rsa' && key.bits > 4096) ? 4 : 1;
