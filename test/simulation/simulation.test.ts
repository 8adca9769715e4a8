/** Whole clusters under drawn operations and faults, held to the model at every step; a failure names its seed and how to replay it. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { regressions } from './regressions.js';
import { replayCommand, runSeeds, type SeedLine } from './seeds.js';

const isNightly = process.env['SHOAL_NIGHTLY'] === '1';
const operations = 2_000;
const range = { first: 1, count: isNightly ? 20_000 : 500, operations, processes: Math.min(2, availableParallelism()) };

describe('a simulated cluster', function () {
  this.timeout(isNightly ? 6 * 3_600_000 : 600_000);

  it('comes to the same end when a seed is run twice', async () => {
    const few = { ...range, count: 4 };
    const hashes = async (): Promise<string[]> => (await runSeeds(few)).map(({ hash }) => hash);
    assert.deepEqual(await hashes(), await hashes());
  });

  for (const { name, seed } of regressions) {
    it(`${name} (seed ${seed})`, async () => {
      checkOutcomes(await runSeeds({ ...range, first: seed, count: 1, processes: 1 }));
    });
  }

  it(`keeps every promise under ${range.count} seeds of faults`, async () => {
    const begin = performance.now();
    const outcomes = await runSeeds(range);
    const seconds = (performance.now() - begin) / 1000;
    const sum = (of: (outcome: SeedLine) => number): number => outcomes.reduce((all, each) => all + of(each), 0);
    console.log(
      `      seeds ${range.first} to ${range.first + range.count - 1}: ${sum(({ counts }) => counts.operations)} operations,`,
      `${sum(({ faults }) => faults)} faults, ${(outcomes.length / seconds).toFixed(1)} seeds/s`,
    );
    checkOutcomes(outcomes);
    assert.equal(outcomes.length, range.count);
    assert.ok(outcomes.every(({ counts, faults }) => counts.operations >= operations && faults >= 20));
  });
});

function checkOutcomes(outcomes: readonly SeedLine[]): void {
  const failed = outcomes.filter(({ violation }) => violation !== null);
  const lines = failed.map(({ seed, violation }) => `seed ${seed}: ${violation}\n  ${replayCommand(seed, operations)}`);
  assert.equal(
    failed.length,
    0,
    `${failed.length} of ${outcomes.length} seeds failed\n${lines.slice(0, 20).join('\n')}`,
  );
}
