/** Looks for planted bugs by hand: `npx tsx test/simulation/planted/main.ts [WORD IN THE NAME] [--seeds N]`. */
import { parseArgs } from 'node:util';
import { plantedBugs } from './bugs.js';
import { findPlanted } from './plant.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '' }, processes: { type: 'string', default: '1' } },
});
for (const bug of plantedBugs.filter(({ name }) => positionals.every((word) => name.includes(word)))) {
  const seeds = values.seeds === '' ? bug.seeds : Number(values.seeds);
  const found = await findPlanted({ ...bug, seeds }, { operations: 2_000, processes: Number(values.processes) });
  console.log(
    `${bug.name}: ${found.seed === null ? `NOT FOUND in ${found.seeds}` : `seed ${found.seed}`} ${found.violation.slice(0, 200)}`,
  );
}
