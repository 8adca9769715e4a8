import assert from 'node:assert/strict';
import { parseJudgements, readBeirQuestions } from '../../../../../client/cli/eval/beir.js';
import { datasetFolder, missingDataset } from '../../../../datasets.js';
import { skipBecause } from '../../../../skip.js';

describe('judgements', () => {
  it('are read with or without a head, in any line ending', () => {
    const judged = parseJudgements('query-id\tcorpus-id\tscore\r\nq1\td1\t2\r\nq1\td2\t0\r\n', 'f');
    assert.deepEqual(
      judged,
      new Map([
        [
          'q1',
          new Map([
            ['d1', 2],
            ['d2', 0],
          ]),
        ],
      ]),
    );
    assert.equal(parseJudgements('q1\td1\t1\n', 'f').size, 1);
  });

  it('that are broken are named by file and line', () => {
    assert.throws(() => parseJudgements('q1\td1\t1\nq1 d1 1\n', 'test.tsv'), { message: /^test\.tsv:2 is no line/ });
    assert.throws(() => parseJudgements('q1\td1\thigh\n', 'test.tsv'), { message: /^test\.tsv:1/ });
  });
});

describe('a BEIR directory', () => {
  it('gives the judged queries only', async function () {
    const scifact = datasetFolder('scifact') ?? skipBecause(this, missingDataset('scifact'));
    const { queries, judged } = await readBeirQuestions(scifact, 'test');
    assert.equal(queries.size, 300);
    assert.equal(
      [...judged.values()].reduce((sum, judgements) => sum + judgements.size, 0),
      339,
    );
  });
});
