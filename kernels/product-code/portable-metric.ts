/** Portable twin of error-metric.h: the same bits. Every float32 step is rounded. */
const ksub = 16;
const rounds = 2;
const leastProduct = Math.fround(1e-15);
const levelMax = 63;
const origin = 64;

export interface MetricShape {
  /** float32[subquantizers, dsub, 16] */
  readonly codebook: Float32Array;
  readonly dsub: number;
  /** float32[dim, dim], symmetric. */
  readonly metric: Float32Array;
}

/** Codewords of a residual, taken in turn so that what they leave shows least in scores. */
export class MetricCode {
  readonly #shape: MetricShape;
  readonly #dim: number;
  /** float32[subquantizers, 16]: the squared norms of the words. */
  readonly #norms: Float32Array;
  /** int8[dim, dim], zeros within parts, and int8[dim, 16], in steps of float32. */
  readonly #rows: Int8Array;
  readonly #words: Int8Array;
  readonly #step: number;
  readonly #wordInverse: number;

  constructor(shape: MetricShape) {
    const { codebook, dsub, metric } = shape;
    this.#shape = shape;
    const dim = codebook.length / ksub;
    this.#dim = dim;
    this.#norms = normsOf(shape);
    const part = (j: number) => Math.floor(j / dsub);
    const apart = metric.map((value, at) => (part(Math.floor(at / dim)) === part(at % dim) ? 0 : value));
    const [rowStep, wordStep] = [stepOf(apart), stepOf(codebook)];
    this.#step = Math.fround(rowStep * wordStep);
    this.#wordInverse = inverseOf(wordStep);
    const rowInverse = inverseOf(rowStep);
    this.#rows = Int8Array.from(apart, (value) => levelOf(Math.fround(value * rowInverse)));
    this.#words = Int8Array.from(codebook, (value) => levelOf(Math.fround(value * this.#wordInverse)));
  }

  /** `nibbles` uint8[subquantizers], the nearest codewords of `residual` float32[dim], become those of the least cost. */
  improve(residual: Float32Array, nibbles: Uint8Array): void {
    const { dsub } = this.#shape;
    const vector = this.#start(residual, nibbles);
    for (let round = 0; round < rounds; round++) {
      for (let s = 0; s < nibbles.length; s++) {
        const now = nibbles[s]!;
        const best = this.#bestWord(s, now, vector);
        nibbles[s] = best;
        if (best === now) continue;
        for (let j = s * dsub; j < (s + 1) * dsub; j++) {
          this.#addRow(j, this.#words[j * ksub + best]! - this.#words[j * ksub + now]!, vector.sums);
        }
      }
    }
  }

  #start(residual: Float32Array, nibbles: Uint8Array): Vector {
    const { codebook, dsub, metric } = this.#shape;
    const decoded = residual.map((_, j) => codebook[j * ksub + nibbles[Math.floor(j / dsub)]!]!);
    const norm = dot(residual, residual);
    const product = dot(residual, decoded);
    const inverse = norm > leastProduct ? Math.fround(1 / norm) : 0;
    const share = Math.fround(product * inverse);
    const sums = new Int32Array(this.#dim);
    residual.forEach((value, j) => {
      const aim = Math.fround(Math.fround(share * value) * this.#wordInverse);
      const word = this.#words[j * ksub + nibbles[Math.floor(j / dsub)]!]!;
      this.#addRow(j, word - levelOf(Math.min(Math.max(aim, -levelMax), levelMax)), sums);
    });
    const left = residual.map((value, j) => decoded[j]! - Math.fround(share * value));
    const all = left.map((_, j) => {
      const first = j - (j % dsub);
      const own = metric.subarray(j * this.#dim + first, j * this.#dim + first + dsub);
      return this.#others(j, sums) + dot(left.subarray(first, first + dsub), own);
    });
    const lean = Math.fround(Math.fround(2 * dot(residual, all)) * inverse);
    return { residual, sums, share, lean, own: dot(left, all), product };
  }

  /** The word to be taken in place of `now`, or that; the sums of `vector` become its. */
  #bestWord(s: number, now: number, vector: Vector): number {
    const { codebook, dsub } = this.#shape;
    const first = s * dsub;
    const factors = this.#factors(first, vector);
    const owns = this.#norms.slice(s * ksub, (s + 1) * ksub);
    const products = new Float32Array(ksub);
    for (let k = 0; k < ksub; k++) {
      for (let j = 0; j < dsub; j++) {
        const word = codebook[(first + j) * ksub + k]!;
        owns[k] = owns[k]! + Math.fround(factors[j]! * word);
        products[k] = products[k]! + Math.fround(vector.residual[first + j]! * word);
      }
    }
    const ownRest = Math.fround(vector.own - owns[now]!);
    const productRest = Math.fround(vector.product - products[now]!);
    let least = costOf(vector.own, vector.product);
    let best = now;
    for (let k = 0; k < ksub; k++) {
      const [own, product] = [Math.fround(ownRest + owns[k]!), Math.fround(productRest + products[k]!)];
      const cost = costOf(own, product);
      if (!(product > leastProduct)) continue;
      if (!(Math.fround(cost.above * least.below) < Math.fround(least.above * cost.below))) continue;
      [least, best] = [cost, k];
      vector.product = product;
    }
    if (best !== now) vector.own = least.above;
    return best;
  }

  /** What a part's words are multiplied with: the metric's rows of all that is left but them, and what their length changes. */
  #factors(first: number, { residual, sums, share, lean }: Vector): Float32Array {
    const { dsub, metric } = this.#shape;
    const part = residual.subarray(first, first + dsub);
    return part.map((value, j) => {
      const at = (first + j) * this.#dim + first;
      const along = dot(part, metric.subarray(at, at + dsub));
      const others = Math.fround(this.#others(first + j, sums) - Math.fround(share * along));
      return 2 * others - Math.fround(lean * value);
    });
  }

  #others(j: number, sums: Int32Array): number {
    return Math.fround(Math.fround(sums[j]!) * this.#step);
  }

  #addRow(i: number, by: number, sums: Int32Array): void {
    for (let j = 0; j < sums.length; j++) sums[j] = sums[j]! + this.#rows[i * sums.length + j]! * by;
  }
}

interface Vector {
  /** float32[dim] */
  readonly residual: Float32Array;
  /** int32[dim]: what other parts leave, in the metric. */
  readonly sums: Int32Array;
  /** y, lean, C and Y of error-metric.h. */
  readonly share: number;
  readonly lean: number;
  own: number;
  product: number;
}

interface Cost {
  readonly above: number;
  readonly below: number;
}

function costOf(own: number, product: number): Cost {
  return product > leastProduct ? { above: own, below: Math.fround(product * product) } : { above: 1, below: 0 };
}

/** The largest of `values`, in absolute value, is 63 steps. */
function stepOf(values: Float32Array): number {
  return Math.fround(values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / levelMax);
}

function inverseOf(step: number): number {
  return step > 0 ? Math.fround(1 / step) : 0;
}

function levelOf(value: number): number {
  return Math.trunc(Math.fround(value + (origin + 0.5))) - origin;
}

/** Products of float32 values, one after the other. */
function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => Math.fround(sum + Math.fround(value * b[j]!)), 0);
}

function normsOf({ codebook, dsub, metric }: MetricShape): Float32Array {
  const dim = codebook.length / ksub;
  const norms = new Float32Array(codebook.length / dsub);
  for (let at = 0; at < norms.length; at++) {
    const first = Math.floor(at / ksub) * dsub;
    const word = (j: number) => codebook[(first + j) * ksub + (at % ksub)]!;
    for (let j = 0; j < dsub; j++) {
      let along = 0;
      for (let i = 0; i < dsub; i++) {
        along = Math.fround(along + Math.fround(metric[(first + j) * dim + first + i]! * word(i)));
      }
      norms[at] = norms[at]! + Math.fround(along * word(j));
    }
  }
  return norms;
}
