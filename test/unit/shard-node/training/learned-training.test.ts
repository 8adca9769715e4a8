import assert from 'node:assert/strict';
import { learnAndEvaluate } from '../../../../shard-node/training/learned-training.js';
import type { LearnOrder } from '../../../../shard-node/training/run-training.js';
import { readLearnedParametersFile } from '../../../../vector-index/codebook/learned-parameters.js';
import { writeListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { listCountOf } from '../../../../vector-index/codebook/structure.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { heldOutQueries } from '../../../../trainer/learned/first-code-recall.js';
import { FakeClock } from '../../../fake-clock.js';
import { noLeavings } from './small-structures.js';
import { smallCollection } from '../../trainer/learned/small-collection.js';

const count = 2_000;
const { dim, vectors, queries, structure } = smallCollection(count, 600, 40);
const lists = listCountOf(structure.structure);
const task = {
  dim,
  vectors,
  shortQueries: new Float32Array(0),
  documents: count,
  seed: 1,
  targetRecall: 0.95,
  serving: null,
};
const order: LearnOrder = {
  ...{
    version: 3,
    structure: writeStructureFile(structure.structure),
    codebook: writeListCodebookFile(structure.codebook),
  },
  ...{ queries, serving: null, probes: [], shortProbes: [] },
};

describe('learning parameters for a structure that serves', function () {
  this.timeout(240_000);

  it('gives a file for the scan that finds more, with its progress', () => {
    const shares: number[] = [];
    const learned = learnAndEvaluate(task, order, (_, share) => shares.push(share));
    const { parameters, heldOutBefore, heldOutAfter, copies, secondBits, sampled } = learned;
    assert.deepEqual([learned.lists, copies, secondBits, sampled], [lists, 1, 4, count]);
    assert.ok(heldOutAfter > heldOutBefore, `${heldOutBefore} before, ${heldOutAfter} after`);
    const read = readLearnedParametersFile(parameters!);
    assert.deepEqual([read.structureVersion, read.lists], [3, lists]);
    assert.equal(read.routes?.length, learned.needed && lists * dim);
    assert.equal(learned.probes.length > 0, learned.needed !== undefined);
    assert.ok(shares.length > 2 && shares.every((share, i) => share >= (shares[i - 1] ?? 0) && share <= 1));
    // What serves is what has to be surpassed.
    const again = learnAndEvaluate(task, { ...order, serving: parameters }, () => undefined);
    assert.equal(again.heldOutBefore, heldOutAfter);
    assert.equal(again.parameters === null, again.heldOutAfter === again.heldOutBefore && again.needed === undefined);
  });

  it('learns from judgements, and only from right ones', () => {
    const documents = new CodedDocuments(structure, vectors);
    const { truths } = heldOutQueries({ structure, documents }, { rows: queries, selves: null });
    const relevant = truths.map((rows) => rows.subarray(0, 1));
    const right = learnAndEvaluate({ ...task, seed: 3 }, { ...order, relevant }, () => undefined);
    assert.ok(right.parameters !== null && right.heldOutAfter > right.heldOutBefore);
    const wrong = relevant.map((_, query) => relevant[(query + 301) % relevant.length]!);
    const none = learnAndEvaluate(task, { ...order, relevant: wrong }, () => undefined);
    assert.deepEqual([none.parameters, none.heldOutAfter], [null, none.heldOutBefore]);
  });

  it('learns from the vectors where nobody asks', () => {
    const { parameters, heldOutBefore, heldOutAfter } = learnAndEvaluate(
      task,
      { ...order, queries: new Float32Array(0) },
      () => undefined,
    );
    assert.ok(heldOutBefore > 0.2 && heldOutAfter <= 1);
    assert.equal(parameters === null, heldOutAfter === heldOutBefore);
  });

  it('that is interrupted goes on from what it left, to the same file', () => {
    const few = { ...task, checkpoints: { everyMs: 0, last: null } };
    const left: Uint8Array[] = [];
    const parts = {
      clock: new FakeClock(),
      leavings: { ...noLeavings, left: (_: number, bytes: Uint8Array) => void left.push(bytes) },
    };
    const whole = learnAndEvaluate(few, order, () => undefined, parts);
    const resumed: number[] = [];
    const shares: number[] = [];
    const again = learnAndEvaluate(
      { ...few, checkpoints: { everyMs: 1e9, last: left[Math.floor(left.length / 2)]! } },
      order,
      (_, share) => shares.push(share),
      { ...parts, leavings: { ...noLeavings, left: () => undefined, resumed: (share) => void resumed.push(share) } },
    );
    assert.deepEqual(again, whole);
    assert.ok(resumed.length === 1 && resumed[0]! > 0.1 && shares[0]! > 0.1);
    assert.ok(shares.every((share, i) => share >= (shares[i - 1] ?? 0)));
    const refused: string[] = [];
    const other = { ...order, queries: queries.subarray(dim) };
    const leavings = { ...noLeavings, left: () => undefined, refused: (why: string) => void refused.push(why) };
    learnAndEvaluate({ ...few, checkpoints: { everyMs: 1e9, last: left[0]! } }, other, () => undefined, {
      ...parts,
      leavings,
    });
    assert.match(refused.join(), /held-out queries are others/);
  });

  it('begins anew where what serves belongs to other codes', () => {
    const { parameters } = learnAndEvaluate(task, order, () => undefined);
    const other = { ...order, version: 9, serving: parameters };
    const { heldOutBefore } = learnAndEvaluate(task, other, () => undefined);
    assert.equal(heldOutBefore, learnAndEvaluate(task, order, () => undefined).heldOutBefore);
  });
});
