/** Adam (Kingma and Ba 2015, arXiv 1412.6980) over arrays of parameters. */
import { assert } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';

const decay1 = 0.9;
const decay2 = 0.999;
const epsilon = 1e-8;

export class Adam {
  readonly #parameters: readonly Float32Array[];
  readonly #means: readonly Float64Array[];
  readonly #squares: readonly Float64Array[];
  #steps = 0;

  /** Moves `parameters`, which stay the caller's, in place. */
  constructor(parameters: readonly Float32Array[]) {
    this.#parameters = parameters;
    this.#means = parameters.map(({ length }) => new Float64Array(length));
    this.#squares = parameters.map(({ length }) => new Float64Array(length));
  }

  /** One step against `gradients`, each array by its own of `rates`. DATA_LOSS, and no parameter moves, where one is not finite. */
  step(gradients: readonly Float32Array[], rates: readonly number[]): void {
    assert(
      gradients.length === this.#parameters.length && rates.length === gradients.length,
      'every array has gradient and rate',
    );
    if (!gradients.every((gradient) => gradient.every(Number.isFinite))) {
      throw new ShoalError(
        'DATA_LOSS',
        'a gradient is not finite, so training stopped and nothing was changed; lower the rate',
      );
    }
    this.#steps += 1;
    const bias1 = 1 - decay1 ** this.#steps;
    const bias2 = 1 - decay2 ** this.#steps;
    gradients.forEach((gradient, array) => {
      const parameters = this.#parameters[array]!;
      const means = this.#means[array]!;
      const squares = this.#squares[array]!;
      const rate = rates[array]! / bias1;
      for (let i = 0; i < gradient.length; i++) {
        const slope = gradient[i]!;
        means[i] = decay1 * means[i]! + (1 - decay1) * slope;
        squares[i] = decay2 * squares[i]! + (1 - decay2) * slope * slope;
        parameters[i]! -= (rate * means[i]!) / (Math.sqrt(squares[i]! / bias2) + epsilon);
      }
    });
  }
}
