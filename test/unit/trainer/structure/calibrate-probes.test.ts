import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { calibrateProbes } from '../../../../trainer/structure/calibrate-probes.js';
import { trainLists } from '../../../../trainer/structure/train-lists.js';
import { cloudsOf } from './clouds.js';

const dim = 24;
const { vectors, queries } = cloudsOf({ dim, clouds: 60, vectors: 4_000, queries: 60 });
const searched = vectors.subarray(60 * dim);
const near = vectors.subarray(0, 60 * dim);
const lists = trainLists(searched, { dim, lists: 40, largestShare: 3, random: seededRandom(1) });
const structure = { dim, centroids: lists.centroids };
const sample = { vectors: searched, near, short: queries };

describe('calibrating probes', () => {
  it('takes more lists for a higher recall, and reaches it', () => {
    const [low, high] = [0.6, 0.99].map((targetRecall) => calibrateProbes(structure, sample, { targetRecall }));
    assert.ok(low!.nprobe < high!.nprobe, `${low!.nprobe} and ${high!.nprobe}`);
    assert.ok(high!.recall >= 0.99 && high!.recallShort >= 0.99);
    assert.ok(high!.nprobe < 40, 'not all lists');
  });

  it('takes more for queries far from the data', () => {
    const { nprobe, nprobeShort } = calibrateProbes(structure, sample, { targetRecall: 0.95 });
    assert.ok(nprobeShort >= nprobe, `${nprobeShort} for short ones, ${nprobe} for near ones`);
  });

  it('takes the same for both where no short queries are given', () => {
    const probes = calibrateProbes(structure, { ...sample, short: null }, { targetRecall: 0.9 });
    assert.equal(probes.nprobeShort, probes.nprobe);
  });

  it('reads all lists where nothing less is enough', () => {
    const { nprobe, recall } = calibrateProbes(structure, sample, { targetRecall: 0.9999, codeRecall: 0.5 });
    assert.ok(recall === 1 && nprobe <= 40);
  });

  it('refuses targets that are none, and samples without anything', () => {
    assert.throws(() => calibrateProbes(structure, sample, { targetRecall: 1 }), { code: 'INVALID_ARGUMENT' });
    const empty = { ...sample, near: new Float32Array(0) };
    assert.throws(() => calibrateProbes(structure, empty, { targetRecall: 0.9 }), { code: 'INVALID_ARGUMENT' });
  });

  it('stops once it is told to', () => {
    const options = { targetRecall: 0.9, signal: { aborted: true } };
    assert.throws(() => calibrateProbes(structure, sample, options), { code: 'CANCELLED' });
  });
});
