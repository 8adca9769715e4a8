import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { jpq, type JpqOptions, type JpqSample } from '../../../../trainer/learned/jpq.js';
import { heldOutQueries } from '../../../../trainer/learned/first-code-recall.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { smallCollection } from './small-collection.js';
import { stoppedAfter } from './stopped-fit.js';

const { dim, vectors, queries, structure } = smallCollection(2_000, 1_000);
const documents = new CodedDocuments(structure, vectors);
const { truths } = heldOutQueries({ structure, documents }, { rows: queries, selves: null });
/** The nearest document is what people wanted. */
const relevant = truths.map((rows) => rows.subarray(0, 1));
const sample: JpqSample = { structure, vectors, queries, relevant, from: null };
const learn = (change: Partial<JpqSample> = {}, options: Partial<JpqOptions> = {}) =>
  jpq({ ...sample, ...change }, { random: seededRandom(3), steps: 240, width: 60, ...options });

describe('JPQ', function () {
  this.timeout(60_000);

  it('puts what is relevant to held-out queries earlier, and keeps their neighbours', () => {
    const { parameters, before, after } = learn();
    assert.ok(parameters !== null);
    assert.ok(after.mrr > before.mrr + 0.005, `${before.mrr} before, ${after.mrr} after`);
    assert.ok(after.at10 >= 0.97 * before.at10);
  });

  it('gains nothing from labels of other queries, and keeps what there was', () => {
    const wrong = relevant.map((_, query) => relevant[(query + 7) % relevant.length]!);
    const { parameters, before, after } = learn({ relevant: wrong });
    assert.ok(parameters === null || after.mrr < before.mrr + 0.02, `${before.mrr} before, ${after.mrr} after`);
    assert.ok(after.mrr >= before.mrr && after.at10 >= 0.97 * before.at10);
  });

  it('goes on from what was learned before, for the same structure only', () => {
    const { parameters } = learn({}, { steps: 60 });
    assert.deepEqual(learn({ documents }, { steps: 60 }).parameters, parameters, 'whoever coded the documents');
    const { before } = learn({ from: parameters }, { steps: 30 });
    const { before: plain } = learn({}, { steps: 30 });
    assert.notEqual(before.mrr, plain.mrr);
    const other = { ...parameters!, structureVersion: 9 };
    assert.throws(() => learn({ from: other }), { code: 'FAILED_PRECONDITION', message: /train again/ });
  });

  it('that is stopped and gone on with gives the same in every bit', () => {
    const options = { steps: 60, width: 40 };
    const resumed = stoppedAfter(30, (keeping) => learn({}, { ...options, keeping }));
    assert.deepEqual(resumed, learn({}, options));
  });

  it('refuses what cannot be learned from, and says why', () => {
    for (const [change, message] of [
      [{ queries: queries.subarray(0, 20 * dim) }, /20 rows where at least 50 are needed/],
      [{ relevant: relevant.slice(1) }, /1000 queries and judgements of 999/],
      [{ relevant: relevant.with(4, new Uint32Array(0)) }, /query 4 has no relevant document/],
      [
        { relevant: relevant.with(5, Uint32Array.of(2_000)) },
        /query 5 has a relevant document that is none of the 2000/,
      ],
      [{ vectors: vectors.subarray(0, 10 * dim) }, /10 rows where at least 256 are needed/],
    ] as const) {
      assert.throws(() => learn(change), { code: 'INVALID_ARGUMENT', message });
    }
  });
});
