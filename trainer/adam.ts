/** Adam (Kingma and Ba, ICLR 2015) with bias correction: β = (0.9, 0.999), ε = 1e-8, no weight decay. */
import { assert } from '../base/assert.js';

const momentum = 0.9;
const squareDecay = 0.999;
const epsilon = 1e-8;

/** What an optimizer remembers of the steps that were taken. */
export interface AdamState {
  readonly steps: number;
  /** float64[values] each: moments of the gradients. */
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

export class Adam {
  readonly #means: Float64Array;
  readonly #squares: Float64Array;
  #steps = 0;

  /** For `length` values. */
  constructor(length: number) {
    this.#means = new Float64Array(length);
    this.#squares = new Float64Array(length);
  }

  /** A copy. */
  state(): AdamState {
    return { steps: this.#steps, means: this.#means.slice(), squares: this.#squares.slice() };
  }

  /** Goes on from `state`, of as many values, which is copied. */
  restore({ steps, means, squares }: AdamState): void {
    assert(means.length === this.#means.length && squares.length === means.length, 'moments are of these values');
    this.#steps = steps;
    this.#means.set(means);
    this.#squares.set(squares);
  }

  /** Moves `values` by about `rate` each against `gradient`, both of this length and of numbers; `values` is changed. */
  step(values: Float32Array | Float64Array, gradient: Float32Array | Float64Array, rate: number): void {
    const [means, squares] = [this.#means, this.#squares];
    assert(values.length === means.length && gradient.length === means.length, 'there is a gradient for every value');
    this.#steps += 1;
    const size = (rate * Math.sqrt(1 - squareDecay ** this.#steps)) / (1 - momentum ** this.#steps);
    const floor = epsilon * Math.sqrt(1 - squareDecay ** this.#steps);
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i]!;
      const mean = (means[i] = momentum * means[i]! + (1 - momentum) * slope);
      const square = (squares[i] = squareDecay * squares[i]! + (1 - squareDecay) * slope * slope);
      values[i]! -= (size * mean) / (Math.sqrt(square) + floor);
    }
  }
}
