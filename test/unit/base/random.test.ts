/** Random numbers depend on the seed alone and have the promised shape. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';

const draws = 20_000;

describe('a seeded generator', () => {
  it('repeats itself for its seed and differs for another', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 8 }, () => random.unit());
    };
    assert.deepEqual(take(1), take(1));
    assert.notDeepEqual(take(1), take(2));
  });

  it('goes on from its state as if it had not been stopped', () => {
    const random = seededRandom(5);
    random.normal();
    const state = [...random.state()];
    const next = [random.unit(), random.below(99), random.normal()];
    const other = seededRandom(6);
    other.restore(state);
    assert.deepEqual([other.unit(), other.below(99), other.normal()], next);
  });

  it('draws units in [0, 1) around their middle', () => {
    const random = seededRandom(7);
    const units = Array.from({ length: draws }, () => random.unit());
    assert.ok(units.every((unit) => unit >= 0 && unit < 1));
    assert.ok(Math.abs(mean(units) - 0.5) < 0.01);
  });

  it('draws every whole number below a bound, about equally often', () => {
    const random = seededRandom(7);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < draws; i++) {
      const drawn = random.below(10);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    assert.equal(counts.length, 10);
    assert.ok(
      counts.every((count) => Math.abs(count - draws / 10) < 200),
      counts.join(' '),
    );
  });

  it('draws normals with mean 0 and variance 1, all of them finite', () => {
    const random = seededRandom(7);
    const normals = Array.from({ length: draws }, () => random.normal());
    assert.ok(normals.every(Number.isFinite));
    assert.ok(Math.abs(mean(normals)) < 0.03);
    assert.ok(Math.abs(mean(normals.map((normal) => normal * normal)) - 1) < 0.05);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
