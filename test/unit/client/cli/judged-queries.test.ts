import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJudgedQueries } from '../../../../client/cli/judged-queries.js';
import { folderOfSuite } from '../../../temporary-folder.js';

describe('files of judged queries', () => {
  const folder = folderOfSuite();
  const fileOf = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const queries = '{"_id":"1","text":"a wing"}\n{"_id":"2","text":"a plate"}\n{"_id":"3","text":"a tail"}\n';
  const read = (judgements: string): ReturnType<typeof readJudgedQueries> =>
    readJudgedQueries(fileOf('queries.jsonl', queries), fileOf('qrels.tsv', judgements));

  it('give the queries that are judged, with what is relevant to each', async () => {
    const expected = { queries: ['a wing', 'a tail'], relevant: [['d1', 'd3'], ['d 2']] };
    const head = 'query-id\tcorpus-id\tscore\n';
    assert.deepEqual(await read(`${head}3\td 2\t2\n1\td1\t1\n1\td2\t0\n1\td3\t1\n`), expected);
    const trec = { ...expected, relevant: [['d1', 'd3'], ['d2']] };
    assert.deepEqual(await read('3 0 d2 2\n1 Q0 d1 1\n1 0  d2 0\n1\t0\td3\t1\n'), trec);
  });

  it('are refused where they are missing or empty, where a query is unknown, or nothing is relevant to one', async () => {
    const refused = (judgements: string, message: RegExp): Promise<void> =>
      assert.rejects(read(judgements), { code: 'INVALID_ARGUMENT', message });
    await refused('\n', /qrels\.tsv has no judgements/);
    await refused('1\td1\t1\n9\td1\t1\n', /queries\.jsonl has no query 9, which the judgements name/);
    await refused('1\td1\t1\n2\td1\t0\n', /qrels\.tsv has no relevant document of query 2/);
    await refused('1\td1\t1\n2 d1\n', /qrels\.tsv:2 is no line/);
    await assert.rejects(readJudgedQueries(join(folder, 'none'), fileOf('qrels', '1\td\t1')), { code: 'NOT_FOUND' });
    await assert.rejects(readJudgedQueries(join(folder, 'none'), join(folder, 'no')), { code: 'NOT_FOUND' });
  });
});
