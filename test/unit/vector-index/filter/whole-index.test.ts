/**
 * Filters over an index that lives: documents come, are replaced, superseded, sealed and merged, the index is opened again, and every
 * way of asking lets through exactly the documents that the filter means.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { systemClock } from '../../../../base/clock.js';
import { seededRandom } from '../../../../base/random.js';
import type { RowFilter } from '../../../../vector-index/filter/row-filter.js';
import { ShardIndex } from '../../../../vector-index/shard-index.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { codecs, dim, dot, entryAt, IndexModel, plainDocument, settings, vector } from '../fixtures.js';
import { attributesArbitrary, filterArbitrary, meaning, type Attributes } from './fixtures.js';

const run = { seed: 31, numRuns: 4 };
const ids = 30;

/** What happens to the index, in this order; `seal` and `open` change nothing that can be seen. */
type Step =
  | { readonly step: 'write'; readonly id: number; readonly attributes: Attributes }
  | { readonly step: 'supersede'; readonly id: number }
  | { readonly step: 'seal' | 'maintain' | 'open' };

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ step: fc.constant('write' as const), id: fc.nat(ids - 1), attributes: attributesArbitrary }),
  },
  { weight: 3, arbitrary: fc.record({ step: fc.constant('supersede' as const), id: fc.nat(ids - 1) }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ step: 'seal' }, { step: 'maintain' }, { step: 'open' }) },
);

function open(directory: string): Promise<ShardIndex> {
  const limits = { mergeFanIn: 2 };
  return ShardIndex.open({ directory, settings, codecs, limits, files: systemFiles, clock: systemClock });
}

/** The index and the model after `steps`; the index is the caller's to close. */
async function play(directory: string, steps: readonly Step[]): Promise<{ index: ShardIndex; model: IndexModel }> {
  const random = seededRandom(3);
  const model = new IndexModel();
  let index = await open(directory);
  for (const [at, step] of steps.entries()) {
    const entry = entryAt('s', BigInt(at + 1));
    const docId = BigInt(at + 1) * 4096n;
    if (step.step === 'write') {
      const fields = { attributes: step.attributes, dense: vector(random, dim) };
      const document = plainDocument(`id${step.id}`, docId, fields);
      index.apply(entry, { documents: [document] });
      model.upsert(document);
    } else if (step.step === 'supersede') {
      index.apply(entry, { superseded: [{ id: `id${step.id}`, docId }] });
      model.supersede(`id${step.id}`, docId);
    } else if (step.step === 'maintain') {
      await index.maintain();
    } else {
      await index.seal();
      if (step.step === 'seal') continue;
      await index.close();
      index = await open(directory);
    }
  }
  return { index, model };
}

async function assertFiltered(index: ShardIndex, model: IndexModel, filter: RowFilter): Promise<void> {
  const selection = { filter, lists: null };
  const passing = model.sorted.filter(({ attributes }) => meaning(attributes, filter));
  assert.deepEqual(index.scroll(0n, 1_000, selection), passing);
  assert.equal(index.statistics(new Uint32Array(0), selection).matching, passing.length);
  const query = vector(seededRandom(5), dim);
  const { dense, matching } = await index.scan({ dense: query, sparse: null, k: 7, selection });
  const best = model.best(7, (found) => (meaning(found.attributes, filter) ? dot(found.dense!, query) : null));
  assert.deepEqual([...dense!.docIds], best.docIds);
  assert.equal(matching, passing.length);
  const docIds = BigUint64Array.from(model.sorted, ({ docId }) => docId);
  const fetched = index.fetch({ docIds, passages: null }, selection).filter((document) => document !== null);
  assert.deepEqual(fetched, passing);
}

describe('a filtered index', () => {
  it('lets through what the filter means, whatever became of its documents', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stepArbitrary, { minLength: 40, maxLength: 120 }),
        fc.array(filterArbitrary, { minLength: 40, maxLength: 40 }),
        (steps, filters) =>
          inFolder(async (directory) => {
            const { index, model } = await play(directory, steps);
            try {
              for (const filter of filters) await assertFiltered(index, model, filter);
            } finally {
              await index.close();
            }
          }),
      ),
      run,
    );
  });
});
