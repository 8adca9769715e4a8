/** The simulation finds each planted bug: a harness that finds nothing proves nothing. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { plantedBugs } from './bugs.js';
import { findPlanted, seedsToFind } from './plant.js';

describe('a planted bug is found', function () {
  this.timeout(300_000);

  for (const bug of plantedBugs) {
    it(`${bug.name}, within ${seedsToFind} seeds from ${bug.from ?? 1} on`, async () => {
      const { seed, seeds, violation } = await findPlanted(bug, {
        operations: 2_000,
        processes: Math.min(2, availableParallelism()),
      });
      assert.notEqual(seed, null, `${seeds} seeds did not find it`);
      console.log(`        seed ${seed}: ${violation.split('\n')[0]?.slice(0, 140)}`);
    });
  }
});
