/** One score out of three, by the rules of the modes; expected values are computed by hand. */
import assert from 'node:assert/strict';
import { fuse, rrfConstant } from '../../../../coordinator/search/fuse.js';
import type { Candidate } from '../../../../coordinator/search/merge.js';
import type { Question } from '../../../../coordinator/search/question.js';
import { candidate, close, question, settings } from '../fixtures.js';

type Scores = readonly [dense: number, sparse: number, multi: number];

function fused(
  rows: readonly Scores[],
  changes: Partial<Question> = {},
  bestSparse: readonly number[] = [],
): [bigint, number][] {
  const candidates: Candidate[] = rows.map(([dense, sparse, multi], i) =>
    candidate(BigInt(i + 1), { dense, sparse, multi }),
  );
  return fuse(candidates, question(changes), bestSparse).map(({ docId, score }) => [docId, score]);
}

const denseOnly = { sparse: false, multi: false, sparseSearch: false };

describe('fusing one score', () => {
  it('takes the score itself, ties by smaller docId', () => {
    const order = fused(
      [
        [0.5, NaN, NaN],
        [0.75, NaN, NaN],
        [0.5, NaN, NaN],
      ],
      denseOnly,
    );
    assert.deepEqual(order, [
      [2n, 0.75],
      [1n, 0.5],
      [3n, 0.5],
    ]);
  });

  it('takes it also where ranks are to be fused, since there is nothing to fuse', () => {
    assert.deepEqual(fused([[0.5, NaN, NaN]], { ...denseOnly, rrf: true }), [[1n, 0.5]]);
  });

  it('leaves out a candidate without that score', () => {
    assert.deepEqual(
      fused(
        [
          [NaN, 9, NaN],
          [0.25, NaN, NaN],
        ],
        denseOnly,
      ),
      [[2n, 0.25]],
    );
  });

  it('lets MaxSim alone decide in mode multi, though a dense score is there', () => {
    const order = fused(
      [
        [0.9, NaN, 0.1],
        [0.1, NaN, 0.9],
        [1, NaN, NaN],
      ],
      { multiOnly: true, sparse: false },
    );
    assert.deepEqual(order, [
      [2n, 0.9],
      [1n, 0.1],
    ]);
  });
});

describe('the weighted sum', () => {
  it('divides BM25 by the mean of the ten best scores', () => {
    const best = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
    const [[docId, score] = [0n, 0]] = fused([[0.5, 11, 0.25]], { weights: { dense: 1, sparse: 0.1, multi: 2 } }, best);
    assert.equal(docId, 1n);
    close(score, 0.5 + 0.1 * (11 / 5.5) + 2 * 0.25);
  });

  it('divides by the mean of as many as there are, when they are fewer than ten', () => {
    const [[, score] = [0n, 0]] = fused([[0, 6, 0]], { weights: { dense: 1, sparse: 1, multi: 1 } }, [6, 2]);
    close(score, 6 / 4);
  });

  it('finds the ten best among the candidates where no stage searched by words', () => {
    const rows: Scores[] = [
      [0, 4, 0],
      [0, 0, 0],
      [0, NaN, 0],
      [0, 2, 0],
    ];
    const scores = new Map(fused(rows, { weights: { dense: 1, sparse: 1, multi: 1 } }));
    close(scores.get(1n), 4 / 3);
    close(scores.get(4n), 2 / 3);
    assert.equal(scores.get(2n), 0);
  });

  it('divides by nothing when no document holds a word of the query', () => {
    assert.deepEqual(fused([[0.5, 0, 0.25]], { weights: { dense: 1, sparse: 1, multi: 1 } }), [[1n, 0.75]]);
  });

  it('takes learned weights as they are', () => {
    const learned = {
      settings: settings({ sparseWeighting: 'learned' }),
      weights: { dense: 1, sparse: 0.5, multi: 1 },
    };
    assert.deepEqual(fused([[0.5, 8, 0]], learned, [8, 2]), [[1n, 4.5]]);
  });

  it('adds nothing for a score that a document does not have', () => {
    assert.deepEqual(
      fused([
        [0.5, NaN, NaN],
        [NaN, NaN, 0.75],
      ]),
      [
        [2n, 0.75],
        [1n, 0.5],
      ],
    );
  });

  it('breaks ties by smaller docId', () => {
    assert.deepEqual(
      fused([
        [0.25, NaN, 0.5],
        [0.5, NaN, 0.25],
        [0.25, NaN, 0.5],
      ]).map(([docId]) => docId),
      [1n, 2n, 3n],
    );
  });
});

describe('reciprocal rank fusion', () => {
  const rrf = { rrf: true, multi: false };

  it('sums 1 / (60 + rank) over the stages', () => {
    // dense ranks: 1, 2, 3; sparse ranks: document 3 first, document 1 second, document 2 none.
    const scores = new Map(
      fused(
        [
          [0.9, 1, NaN],
          [0.8, NaN, NaN],
          [0.7, 5, NaN],
        ],
        rrf,
      ),
    );
    assert.equal(rrfConstant, 60);
    close(scores.get(1n), 1 / 61 + 1 / 62);
    close(scores.get(2n), 1 / 62);
    close(scores.get(3n), 1 / 63 + 1 / 61);
    assert.deepEqual([...scores.keys()], [1n, 3n, 2n]);
  });

  it('gives no sparse rank where no word matched', () => {
    const scores = new Map(
      fused(
        [
          [NaN, 0, NaN],
          [NaN, 2, NaN],
        ],
        rrf,
      ),
    );
    assert.equal(scores.get(1n), 0);
    close(scores.get(2n), 1 / 61);
  });

  it('ranks equal scores by smaller docId', () => {
    const scores = new Map(
      fused(
        [
          [0.5, NaN, NaN],
          [0.5, NaN, NaN],
        ],
        rrf,
      ),
    );
    close(scores.get(1n), 1 / 61);
    close(scores.get(2n), 1 / 62);
  });
});

describe('fusing nothing', () => {
  it('gives nothing', () => {
    assert.deepEqual(fused([]), []);
    assert.deepEqual(fused([], { rrf: true }), []);
  });
});
