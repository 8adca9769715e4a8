/**
 * Trains the parameters of a head on examples: Adam over batches, the rate falling to zero in a straight line. What is best on examples
 * held out is kept, the start included.
 */
import { assert } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { shuffledRows } from '../rows.js';
import { refuseStopped, type StopSign } from '../stop-sign.js';
import { Adam } from '../adam.js';

export interface HeadTask<Example> {
  /** Examples to learn from, and how many. Each call may choose other candidates. */
  readonly count: number;
  example(number: number, random: Random): Example;
  /** Never learned from; at least one. */
  readonly heldOut: readonly Example[];
}

/** Loss of one example and its derivatives, in arrays as long as those of the parameters. */
export interface Descent {
  readonly loss: number;
  readonly gradient: readonly Float32Array[];
}

export interface HeadTraining<Example> {
  readonly epochs: number;
  /** Examples of a step. */
  readonly batch: number;
  /** Of the first step, for each array of parameters. */
  readonly rates: readonly number[];
  readonly random: Random;
  readonly signal?: StopSign | undefined;
  /** At `parameters` as they are now. */
  lossOf(example: Example): Promise<Descent>;
  onEpoch?(epoch: number, heldOutLoss: number): void;
}

/**
 * Moves `parameters` in place to where the loss over the examples held out is least, which may be where they were: then they are as they
 * were, as they are after an error: CANCELLED when the signal says so, FAILED_PRECONDITION for a gradient that is not finite.
 */
export async function trainHead<Example>(
  parameters: readonly Float32Array[],
  task: HeadTask<Example>,
  training: HeadTraining<Example>,
): Promise<void> {
  const start = copyOf(parameters);
  try {
    await descend(parameters, task, training);
  } catch (error) {
    parameters.forEach((part, i) => part.set(start[i]!));
    throw error;
  }
}

async function descend<Example>(
  parameters: readonly Float32Array[],
  task: HeadTask<Example>,
  training: HeadTraining<Example>,
): Promise<void> {
  const { epochs, batch, rates, random } = training;
  const adams = parameters.map(({ length }) => new Adam(length));
  const steps = Math.ceil(task.count / batch) * epochs;
  let best = { parameters: copyOf(parameters), loss: await meanLoss(task.heldOut, training) };
  training.onEpoch?.(0, best.loss);
  let step = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffledRows(task.count, random);
    for (let from = 0; from < order.length; from += batch) {
      refuseStopped(training.signal);
      const share = 1 - step++ / steps;
      const gradient = await batchGradient(parameters, order.subarray(from, from + batch), task, training);
      parameters.forEach((part, i) => adams[i]!.step(part, gradient[i]!, rates[i]! * share));
    }
    const loss = await meanLoss(task.heldOut, training);
    training.onEpoch?.(epoch, loss);
    if (loss < best.loss) best = { parameters: copyOf(parameters), loss };
  }
  parameters.forEach((part, i) => part.set(best.parameters[i]!));
}

/** Mean loss over `examples`. */
export async function meanLoss<Example>(
  examples: readonly Example[],
  { lossOf }: Pick<HeadTraining<Example>, 'lossOf'>,
): Promise<number> {
  assert(examples.length > 0, 'there are examples to judge by');
  let sum = 0;
  for (const example of examples) sum += (await lossOf(example)).loss;
  return sum / examples.length;
}

async function batchGradient<Example>(
  parameters: readonly Float32Array[],
  numbers: Uint32Array,
  task: HeadTask<Example>,
  { lossOf, random }: HeadTraining<Example>,
): Promise<Float32Array[]> {
  const sum = parameters.map(({ length }) => new Float32Array(length));
  for (const number of numbers) {
    const { gradient } = await lossOf(task.example(number, random));
    gradient.forEach((part, i) => addTo(sum[i]!, part, 1 / numbers.length));
  }
  if (sum.every((part) => part.every(Number.isFinite))) return sum;
  const message = 'a gradient is not finite, so that training stopped';
  throw new ShoalError('FAILED_PRECONDITION', `${message}; nothing was changed, train again with lower rates`);
}

function addTo(sum: Float32Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += values[i]! * factor;
}

function copyOf(parameters: readonly Float32Array[]): Float32Array[] {
  return parameters.map((part) => part.slice());
}
