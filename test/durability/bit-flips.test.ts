/** One bit turns over, or the end of a file is lost, anywhere in a data folder: it is found, or it changes nothing. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { seededRandom } from '../../base/random.js';
import { folderOfSuite } from '../temporary-folder.js';
import { filesByKind, Judge, type Verdict } from './judge.js';
import type { Contents } from './victim.js';

const isNightly = process.env['SHOAL_NIGHTLY'] === '1';
const trials = isNightly ? 1_000 : 200;
const seed = Number(process.env['SHOAL_SEED'] ?? 20_261);

describe('a data folder with one damaged bit or a lost end', () => {
  const folder = folderOfSuite();
  const directory = join(folder, 'data');
  const judge = new Judge(folder);
  let expected: Contents;

  before(async function () {
    this.timeout(120_000);
    await judge.fill(directory);
    expected = await judge.contents(directory);
  });
  after(() => judge.close());

  it(`is refused by the name of the file, or answers as before (${trials} faults, seed ${seed})`, async function () {
    this.timeout(trials * 10_000);
    const random = seededRandom(seed);
    const kinds = filesByKind(directory);
    const verdicts: Verdict[] = [];
    // Every kind of file in turn, since damage in a small one is as bad as in a large one.
    for (let trial = 0; trial < trials; trial += 1) {
      const files = kinds[trial % kinds.length]!;
      verdicts.push(await judge.trial(directory, files[random.below(files.length)]!, random, expected));
    }
    const bad = verdicts.filter(({ kind }) => kind !== 'equal' && kind !== 'refused');
    assert.deepEqual(bad, [], `seed ${seed}`);
    assert.ok(verdicts.some(({ kind }) => kind === 'refused') && verdicts.some(({ kind }) => kind === 'equal'));
  });
});
