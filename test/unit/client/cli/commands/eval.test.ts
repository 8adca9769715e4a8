import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal eval', () => {
  const { fake, shoal, folder } = withFakeCoordinator();
  const fill = async (): Promise<void> => {
    mkdirSync(join(folder(), 'qrels'));
    writeFileSync(
      join(folder(), 'corpus.jsonl'),
      '{"_id":"d1","text":"shoes mends"}\n{"_id":"d2","text":"shoes"}\n{"_id":"d3","text":"hats"}\n',
    );
    writeFileSync(
      join(folder(), 'queries.jsonl'),
      '{"_id":"q1","text":"shoes mends"}\n{"_id":"q2","text":"hats"}\n{"_id":"q3","text":"unjudged"}\n',
    );
    writeFileSync(join(folder(), 'qrels', 'test.tsv'), 'query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td3\t1\n');
    await shoal(['import', 'shop', folder()]);
  };

  // q1 finds d2 second, q2 finds d3 first.
  it('measures quality and latency of the judged queries', async () => {
    await fill();
    const json = (await shoal(['eval', 'shop', folder(), '--json'])).json();
    assert.ok(Math.abs(Number(json['ndcg@10']) - (1 / Math.log2(3) + 1) / 2) < 1e-12);
    assert.deepEqual(
      { ...json, 'ndcg@10': 0 },
      {
        collection: 'shop',
        documents: 3,
        queries: 2,
        mode: 'hybrid',
        'ndcg@10': 0,
        'recall@100': 1,
        'mrr@10': 0.75,
        latency: { p50Ms: 3, p99Ms: 3 },
        bytes: { memory: null, disk: 300 },
        importSeconds: null,
      },
    );
  });

  it('takes all modes one after the other, and writes a TREC run', async () => {
    await fill();
    const run = join(folder(), 'run.trec');
    const { modes } = (await shoal(['eval', 'shop', folder(), '--mode', 'all', '--run', run, '--json'])).json() as {
      modes: { mode: string }[];
    };
    assert.deepEqual(
      modes.map((row) => row.mode),
      ['dense', 'sparse', 'multi', 'hybrid'],
    );
    assert.match(readFileSync(run, 'utf8'), /^q1 Q0 d1 1 2 shoal-dense\nq1 Q0 d2 2 1 shoal-dense\n/);
  });

  it('trains first where it is told to, and measures nothing when that is not published', async () => {
    await fill();
    assert.equal((await shoal(['eval', 'shop', folder(), '--train', 'structure'])).exitCode, 0);
    const trained = fake().requests.find((request) => (request as { method?: string }).method !== undefined);
    const unset = { seed: 1, secondBits: undefined, queries: [], relevant: [] };
    const asked = { collection: 'shop', method: 'structure', dryRun: false, ...unset };
    assert.deepEqual(trained, asked);
    await shoal(['import', 'ill', folder()]);
    const { exitCode, stderr } = await shoal(['eval', 'ill', folder(), '--train', 'structure']);
    assert.deepEqual([exitCode, /the structure of 'ill' is not published: it would find less/.test(stderr)], [1, true]);
  });

  it('says which collection or file is missing', async () => {
    await fill();
    assert.match((await shoal(['eval', 'none', folder()])).stderr, /none does not exist/);
    assert.match(
      (await shoal(['eval', 'shop', folder(), '--split', 'dev'])).stderr,
      /dev\.tsv does not exist \(there are test\.tsv\)/,
    );
  });
});
