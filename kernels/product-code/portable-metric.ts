/** Portable twin of error-metric.h: the same bits. Every float32 step is rounded. */
const ksub = 16;
const rounds = 2;
const leastProduct = Math.fround(1e-30);

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

  constructor(shape: MetricShape) {
    this.#shape = shape;
    this.#dim = shape.codebook.length / ksub;
    this.#norms = normsOf(shape);
  }

  /** `nibbles` uint8[subquantizers], the nearest codewords of `residual` float32[dim], become those of the least cost. */
  improve(residual: Float32Array, nibbles: Uint8Array): void {
    const { codebook, dsub, metric } = this.#shape;
    const decoded = residual.map((_, j) => codebook[j * ksub + nibbles[Math.floor(j / dsub)]!]!);
    const turned = new Float32Array(this.#dim);
    addRows(metric, residual, turned);
    const decodedTurned = new Float32Array(this.#dim);
    addRows(metric, decoded, decodedTurned);
    const vector = { residual, decoded, turned, decodedTurned };
    const sums = sumsOf(vector);
    for (let round = 0, hasChanged = true; round < rounds && hasChanged; round++) {
      hasChanged = false;
      for (let s = 0; s < nibbles.length; s++) {
        const best = this.#bestWord(s, nibbles[s]!, { ...vector, sums });
        if (best === nibbles[s]) continue;
        hasChanged = true;
        nibbles[s] = best;
        this.#take(s, best, vector);
      }
    }
  }

  #bestWord(s: number, now: number, of: Vector & { readonly sums: Sums }): number {
    const { codebook, dsub } = this.#shape;
    const { residual, turned, sums } = of;
    const first = s * dsub;
    const others = this.#others(first, of);
    const tables = [this.#norms.slice(s * ksub, (s + 1) * ksub), new Float32Array(ksub), new Float32Array(ksub)];
    const factors = [others, turned.subarray(first), residual.subarray(first)];
    tables.forEach((table, at) => {
      for (let j = 0; j < dsub; j++)
        for (let k = 0; k < ksub; k++) {
          table[k] = table[k]! + Math.fround(factors[at]![j]! * codebook[(first + j) * ksub + k]!);
        }
      const rest = Math.fround(sums.code[at]! - table[now]!);
      for (let k = 0; k < ksub; k++) table[k] = rest + table[k]!;
    });
    const [own, both, product] = tables as [Float32Array, Float32Array, Float32Array];
    const costs = own.map((_, k) => costOf(sums.norm, own[k]!, both[k]!, product[k]!));
    let best = now;
    for (let k = 0; k < ksub; k++) if (costs[k]! < costs[best]!) best = k;
    if (best !== now) tables.forEach((table, at) => (sums.code[at] = table[best]!));
    return best;
  }

  /** Twice what the other parts make of the metric's rows of a part. */
  #others(first: number, { decoded, decodedTurned }: Vector): Float32Array {
    const { dsub, metric } = this.#shape;
    return Float32Array.from({ length: dsub }, (_, j) => {
      let without = decodedTurned[first + j]!;
      for (let i = first; i < first + dsub; i++) {
        without = Math.fround(without - Math.fround(metric[(first + j) * this.#dim + i]! * decoded[i]!));
      }
      return 2 * without;
    });
  }

  #take(s: number, word: number, { decoded, decodedTurned }: Vector): void {
    const { codebook, dsub, metric } = this.#shape;
    const first = s * dsub;
    const change = new Float32Array(dsub);
    for (let j = 0; j < dsub; j++) {
      const value = codebook[(first + j) * ksub + word]!;
      change[j] = value - decoded[first + j]!;
      decoded[first + j] = value;
    }
    addRows(metric.subarray(first * this.#dim), change, decodedTurned);
  }
}

/** Each float32[dim]: r, d, M r and M d. */
interface Vector {
  readonly residual: Float32Array;
  readonly decoded: Float32Array;
  readonly turned: Float32Array;
  readonly decodedTurned: Float32Array;
}

interface Sums {
  /** |r|² */
  readonly norm: number;
  /** float32[3]: d′ M d, r′ M d and ⟨r, d⟩. */
  readonly code: Float32Array;
}

function sumsOf({ residual, decoded, turned, decodedTurned }: Vector): Sums {
  let [norm, own, both, product] = [0, 0, 0, 0];
  for (let j = 0; j < residual.length; j++) {
    norm += residual[j]! * residual[j]!;
    own += decoded[j]! * decodedTurned[j]!;
    both += decoded[j]! * turned[j]!;
    product += residual[j]! * decoded[j]!;
  }
  return { norm: Math.fround(norm), code: Float32Array.of(own, both, product) };
}

function costOf(norm: number, own: number, both: number, product: number): number {
  if (!(product > leastProduct)) return Infinity;
  const inverse = Math.fround(1 / product);
  const scaled = Math.fround(Math.fround(norm * own) * inverse);
  return Math.fround(Math.fround(scaled - 2 * both) * inverse);
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

/** sums += by[i] · row i of `rows`, for every i. */
function addRows(rows: Float32Array, by: Float32Array, sums: Float32Array): void {
  for (let i = 0; i < by.length; i++) {
    for (let j = 0; j < sums.length; j++) sums[j] = sums[j]! + Math.fround(by[i]! * rows[i * sums.length + j]!);
  }
}
