/** Looks for planted bugs by hand: `npx tsx test/simulation/planted/main.ts [WORD IN THE NAME] [--seeds N]`. */
import { parseArgs } from 'node:util';
import { plantedBugs } from './bugs.js';
import { findPlanted, seedsToFind } from './plant.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: String(seedsToFind) }, processes: { type: 'string', default: '1' } },
});
for (const bug of plantedBugs.filter(({ name }) => positionals.every((word) => name.includes(word)))) {
  const seeds = Number(values.seeds);
  const found = await findPlanted(bug, { operations: 2_000, processes: Number(values.processes), seeds });
  console.log(
    `${bug.name}: ${found.seed === null ? `NOT FOUND in ${found.seeds}` : `seed ${found.seed}`} ${found.violation.slice(0, 200)}`,
  );
}
