import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SearchMode } from '../../../../../proto/generated/shoal/v1/search.js';
import { npyBytes } from '../npy-bytes.js';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal search', () => {
  const { shoal, fake, folder } = withFakeCoordinator();
  const fill = async (): Promise<void> => {
    const stdin =
      '{"_id":"1","title":"Cobbler","text":"mends shoes","attributes":{"year":3}}\n{"_id":"2","text":"wears shoes"}\n';
    await shoal(['import', 'notes', '-'], { stdin });
  };

  it('prints hits in a table, then coverage and timings', async () => {
    await fill();
    const { stdout, exitCode } = await shoal(['search', 'notes', 'shoes mends']);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /rank +score +id +text\n +1 +2\.0000 +1 +Cobbler {2}mends shoes\n +2 +1\.0000 +2 +wears shoes/,
    );
    assert.match(stdout, /complete: 1 of 1 list, 1 of 1 shard contacted\n5\.0 ms: encode 2\.0/);
  });

  it('gives JSON of the documented shape', async () => {
    await fill();
    const json = (await shoal(['search', 'notes', 'shoes mends', '--k', '1', '--json'])).json();
    assert.deepEqual(json, {
      hits: [
        {
          id: '1',
          docId: '4096',
          score: 2,
          scores: { dense: 2, sparse: null, multi: null },
          passage: { start: 0, end: 11 },
          title: 'Cobbler',
          text: 'mends shoes',
          attributes: { year: 3 },
        },
      ],
      coverage: {
        full: true,
        listsProbed: 1,
        listsTotal: 1,
        shardsContacted: 1,
        sparseShardsContacted: 0,
        shardsTotal: 1,
        listsMissing: [],
        shardsMissing: [],
        behind: false,
        reasons: [],
      },
      uid: 'uid-notes',
      timings: { encodeMs: 2, routeMs: 0, scatterMs: 0, mergeMs: 0, rerankMs: 1, fetchMs: 0, totalMs: 5 },
    });
  });

  it('passes options on as they are spelled', async () => {
    await fill();
    const words =
      '--mode sparse --nprobe auto --weights 1,0.5,2 --score-threshold -1.5 --min-sequence uid-notes:9 --offset 1'.split(
        ' ',
      );
    assert.equal((await shoal(['search', 'notes', 'shoes', ...words])).exitCode, 0);
    const [request] = fake().searches;
    assert.equal(request?.mode, SearchMode.SEARCH_MODE_SPARSE);
    assert.equal(request?.nprobe, 0);
    assert.deepEqual(request?.weights, { dense: 1, sparse: 0.5, multi: 2 });
    assert.equal(request?.scoreThreshold, -1.5);
    assert.equal(request?.minSequence, 9n);
    assert.equal(request?.offset, 1);
  });

  it('explains which word answered which', async () => {
    await fill();
    const { stdout } = await shoal(['search', 'notes', 'shoes', '--explain']);
    assert.match(stdout, /shoes +→ shoe +0\.900/);
    assert.match(stdout, /dense 1\.0000 {2}sparse –/);
    assert.match(stdout, /lists probed: 0; shards probed: 0/);
  });

  it('gives a partial answer with 0, and says what is missing; with --require-full 1', async () => {
    await fill();
    const partial = await shoal(['search', 'notes', 'partial']);
    assert.equal(partial.exitCode, 0);
    assert.match(partial.stdout, /partial: .*missing 1 shard \(3\) with 1 list\n {2}shard 3: no replica answered/);
    assert.equal((await shoal(['search', 'notes', 'partial', '--require-full'])).exitCode, 1);
  });

  it('searches every row of a matrix, in order', async () => {
    await fill();
    const path = join(folder(), 'q.npy');
    writeFileSync(path, npyBytes(Array.from({ length: 20 }, (_, row) => [row, 0, 0])));
    const { results } = (await shoal(['search', 'notes', '--vectors', path, '--json'])).json() as {
      results: { hits: unknown[] }[];
    };
    assert.equal(results.length, 20);
    assert.equal(results[0]?.hits.length, 2);
    assert.equal(fake().searches.length, 20);
    assert.equal(fake().requests.at(-1), 20);
  });

  it('names the row of a matrix whose search fails', async () => {
    const path = join(folder(), 'q.npy');
    writeFileSync(path, npyBytes([[1, 0, 0]]));
    const result = await shoal(['search', 'nothing', '--vectors', path, '--json']);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /"NOT_FOUND","message":"row 0: collection nothing does not exist/);
  });

  it('passes a filter, a document to be like, and exactness on', async () => {
    await fill();
    const words = ['--filter', 'year == 3', '--exact'];
    const { hits } = (await shoal(['search', 'notes', 'shoes', ...words, '--json'])).json() as {
      hits: { id: string }[];
    };
    assert.deepEqual(
      hits.map(({ id }) => id),
      ['1'],
    );
    const like = (await shoal(['search', 'notes', '--like', '1', '--json'])).json() as { hits: { id: string }[] };
    assert.deepEqual(
      like.hits.map(({ id }) => id),
      ['2'],
    );
    const [exact, alike] = fake().searches;
    assert.deepEqual([exact?.exact, alike?.like, alike?.mode], [true, '1', SearchMode.SEARCH_MODE_DENSE]);
    const wrong = await shoal(['search', 'notes', 'shoes', '--filter', 'year =']);
    assert.deepEqual([wrong.exitCode, /position 4/.test(wrong.stderr)], [1, true]);
    const none = await shoal(['search', 'notes', 'shoes', '--filter', '']);
    assert.deepEqual([none.exitCode, /the filter is empty; leave it out/.test(none.stderr)], [1, true]);
    const dense = ['--like', '1', '--mode', 'dense'];
    assert.equal((await shoal(['search', 'notes', ...dense])).exitCode, 0);
  });

  it('says what is wrong usage', async () => {
    const cases = [
      ['search', 'notes'],
      ['search', 'notes', 'q', '--vectors', 'f.npy'],
      ['search', 'notes', 'q', '--k', '0'],
      ['search', 'notes', 'q', '--k', '10001'],
      ['search', 'notes', 'q', '--k', 'ten'],
      ['search', 'notes', 'q', '--candidates', '10001'],
      ['search', 'notes', 'q', '--mode', 'fuzzy'],
      ['search', 'notes', 'q', '--nprobe', '0'],
      ['search', 'notes', 'q', '--weights', '1,2'],
      ['search', 'notes', 'q', '--min-sequence', '9'],
      ['search', 'notes', 'q', '--rrf', '--weights', '1,1,1'],
      ['search', 'notes', 'q', '--like', '1'],
      ['search', 'notes', 'q', '--exact', '--nprobe', '3'],
      ['search', 'notes', '--like', '1', '--mode', 'sparse'],
      ['search', 'notes', '--like', '1', '--rrf'],
      ['search', 'notes', '--like', '1', '--weights', '1,1,1'],
      ['search', 'notes', '--like', '1', '--sparse', 'off'],
      ['search', 'notes', '--vectors', 'f.npy', '--mode', 'hybrid'],
      ['search', 'notes', 'q', '--address', 'nowhere'],
    ];
    for (const words of cases) assert.equal((await shoal(words)).exitCode, 2, words.join(' '));
  });
});
