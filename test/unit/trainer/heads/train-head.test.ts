import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { meanLoss, trainHead, type Descent, type HeadTraining } from '../../../../trainer/heads/train-head.js';

/** Examples are numbers; the loss is the squared distance of the only parameter. */
function training(parameters: readonly Float32Array[]): HeadTraining<number> {
  return {
    epochs: 30,
    batch: 4,
    rates: [0.1],
    random: seededRandom(2),
    lossOf(example): Promise<Descent> {
      const off = parameters[0]![0]! - example;
      return Promise.resolve({ loss: off * off, gradient: [Float32Array.of(2 * off)] });
    },
  };
}

const examples = Array.from({ length: 40 }, (_, i) => 3 + (i % 5) / 10);
const task = { count: examples.length, example: (number: number) => examples[number]!, heldOut: [3.2] };

describe('training of a head', () => {
  it('goes where the mean loss is least', async () => {
    const parameters = [Float32Array.of(0)];
    await trainHead(parameters, task, training(parameters));
    assert.ok(Math.abs(parameters[0]![0]! - 3.2) < 0.05, String(parameters[0]));
  });

  it('keeps the start where examples held out are served best by it', async () => {
    const parameters = [Float32Array.of(-1)];
    await trainHead(parameters, { ...task, heldOut: [-1] }, training(parameters));
    assert.equal(parameters[0]![0], -1);
  });

  it('tells of each epoch, the start first', async () => {
    const parameters = [Float32Array.of(0)];
    const told: [number, number][] = [];
    const options = { ...training(parameters), epochs: 2, onEpoch: (...of: [number, number]) => told.push(of) };
    await trainHead(parameters, task, options);
    assert.deepEqual(
      told.map(([epoch]) => epoch),
      [0, 1, 2],
    );
    assert.ok(told[2]![1] < told[0]![1]);
  });

  it('stops with FAILED_PRECONDITION at a gradient that is not finite, at the first step or later, and moves nothing', async () => {
    for (const finite of [0, 20]) {
      const parameters = [Float32Array.of(0)];
      let left = finite;
      const moved: number[] = [];
      const broken = (): Promise<Descent> => {
        moved.push(parameters[0]![0]!);
        return Promise.resolve({ loss: 0, gradient: [Float32Array.of(left-- > 0 ? 1 : Infinity)] });
      };
      await assert.rejects(trainHead(parameters, task, { ...training(parameters), lossOf: broken }), {
        code: 'FAILED_PRECONDITION',
      });
      assert.equal(parameters[0]![0], 0);
      assert.equal(moved.some((value) => value !== 0), finite > 0); // prettier-ignore
    }
  });

  it('averages losses, and refuses to judge by nothing', async () => {
    const parameters = [Float32Array.of(1)];
    assert.equal(await meanLoss([1, 3], training(parameters)), 2);
    await assert.rejects(meanLoss([], training(parameters)), { code: 'INTERNAL' });
  });
});
