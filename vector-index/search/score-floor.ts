/** Which scores are too small already, by what other segments of a search have given. */

export class ScoreFloor {
  #best = new Float32Array(0);
  readonly #k: number;

  /** For the best `k` of all segments. */
  constructor(k: number) {
    this.#k = k;
  }

  /** A smaller score is not among the best k; an equal one may be, by its tie. 0 while there are fewer. */
  get score(): number {
    return this.#best.length < this.#k ? 0 : this.#best[this.#k - 1]!;
  }

  /** Takes float32[n] scores of further documents, best first. */
  add(scores: Float32Array): void {
    const all = new Float32Array(this.#best.length + scores.length);
    all.set(this.#best);
    all.set(scores, this.#best.length);
    this.#best = all.sort().reverse().subarray(0, this.#k);
  }
}
