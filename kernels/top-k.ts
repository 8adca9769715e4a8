/** The k best rows of a stream of scores: the portable twin of top-k.h, with the same rule of order. */

/** Better = larger score, then smaller row; NaN and scores not above `minimum` are never kept. Fills arrays of the caller. */
export class TopK {
  private count = 0;

  constructor(
    private readonly rows: Uint32Array,
    private readonly scores: Float32Array,
    private readonly minimum: number,
  ) {}

  /** A row that counts, with its score as float32. */
  offer(row: number, score: number): void {
    if (!(score > this.minimum) || this.rows.length === 0) return;
    if (this.count < this.rows.length) {
      this.rise(row, score);
      return;
    }
    if (score < this.scores[0]! || (score === this.scores[0]! && row > this.rows[0]!)) return;
    this.rows[0] = row;
    this.scores[0] = score;
    this.sink(this.count);
  }

  /** Orders what was kept, best first, and gives its count. Nothing may be offered afterwards. */
  finish(): number {
    for (let left = this.count; left > 1; left--) {
      this.swap(0, left - 1);
      this.sink(left - 1);
    }
    return this.count;
  }

  private rise(row: number, score: number): void {
    let at = this.count++;
    this.rows[at] = row;
    this.scores[at] = score;
    for (let parent = (at - 1) >> 1; at > 0 && this.isWorse(at, parent); parent = (at - 1) >> 1) {
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(count: number): void {
    for (let at = 0; ;) {
      let child = 2 * at + 1;
      if (child >= count) return;
      if (child + 1 < count && this.isWorse(child + 1, child)) child++;
      if (!this.isWorse(child, at)) return;
      this.swap(child, at);
      at = child;
    }
  }

  private isWorse(a: number, b: number): boolean {
    if (this.scores[a] !== this.scores[b]) return this.scores[a]! < this.scores[b]!;
    return this.rows[a]! > this.rows[b]!;
  }

  private swap(a: number, b: number): void {
    const row = this.rows[a]!;
    const score = this.scores[a]!;
    this.rows[a] = this.rows[b]!;
    this.scores[a] = this.scores[b]!;
    this.rows[b] = row;
    this.scores[b] = score;
  }
}

/** Whether bit `row` is set; null = every row counts. */
export function isLive(live: Uint8Array | null, row: number): boolean {
  return live === null || ((live[row >>> 3]! >>> (row & 7)) & 1) === 1;
}
