import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainRequest } from '../../../../../proto/generated/shoal/v1/training.js';
import { folderOfSuite } from '../../../../temporary-folder.js';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal train', () => {
  const { fake, shoal } = withFakeCoordinator();
  const folder = folderOfSuite();

  it('prints what became of it', async () => {
    await shoal(['collections', 'create', 'notes']);
    const { exitCode, stdout } = await shoal(['train', 'notes', '--seed', '9']);
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /notes is served by codebook 2: 64 lists from 3,600 vectors in \d+ s; recall.* 0\.9600, .*; seed 7$/m,
    );
    assert.deepEqual(fake().requests.at(-1), {
      collection: 'notes',
      method: 'structure',
      dryRun: false,
      seed: 9,
      secondBits: undefined,
      queries: [],
      relevant: [],
    });
    await shoal(['train', 'notes', '--second-bits', '3']);
    assert.equal((fake().requests.at(-1) as { secondBits?: number }).secondBits, 3);
    assert.equal((await shoal(['train', 'notes', '--second-bits', '9'])).exitCode, 2);
    const json = (await shoal(['train', 'notes', '--json'])).json();
    assert.equal(typeof json['seconds'], 'number');
    assert.deepEqual(
      { ...json, seconds: 0 },
      {
        ...{ collection: 'notes', method: 'structure', from: 1, version: 2, published: true },
        ...{ heldOut: { before: 1, after: 0.96 }, seed: 7, seconds: 0 },
      },
    );
  });

  it('interrupted says that the training goes on, and how to end it; a dry run just ends', async () => {
    await shoal(['collections', 'create', 'endless']);
    const interrupted = { interrupted: Promise.resolve('SIGINT') };
    const { exitCode, stdout, stderr } = await shoal(['train', 'endless'], interrupted);
    assert.deepEqual([exitCode, stdout], [130, '']);
    assert.match(stderr, /goes on: the same command shows it, `shoal train endless --cancel` ends it/);
    assert.equal((await shoal(['train', 'endless', '--dry-run'], interrupted)).stderr, '');
  });

  it('says when the training goes on that the cluster was lost to; a dry run does not', async () => {
    await shoal(['collections', 'create', 'lost']);
    const { exitCode, stderr } = await shoal(['train', 'lost']);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /goes on while the cluster runs, or once it runs again: .* `shoal train lost --cancel` ends it\nerror: no cluster answers/,
    );
    assert.match((await shoal(['train', 'lost', '--dry-run'])).stderr, /^error: no cluster answers/);
  });

  it('cancels the training that is under way, and exits 1 where there is none', async () => {
    await shoal(['collections', 'create', 'endless']);
    await shoal(['collections', 'create', 'notes']);
    const cancelled = await shoal(['train', 'endless', '--cancel']);
    assert.deepEqual([cancelled.exitCode, cancelled.stdout.trim()], [0, 'the training of endless is cancelled']);
    const none = await shoal(['train', 'notes', '--cancel', '--json']);
    assert.deepEqual([none.exitCode, none.json()], [1, { collection: 'notes', cancelled: false }]);
    const tooLate = await shoal(['train', 'notes', '--cancel']);
    assert.match(tooLate.stdout, /is under way; `shoal codebooks notes` shows what was published/);
  });

  it('sends judged queries with what is relevant to them', async () => {
    await shoal(['collections', 'create', 'notes']);
    const [queries, qrels] = [join(folder, 'queries.jsonl'), join(folder, 'qrels.tsv')];
    writeFileSync(queries, '{"_id":"1","text":"a wing"}\n{"_id":"2","text":"a plate"}\n');
    writeFileSync(qrels, '2\td1\t1\n2\td5\t1\n');
    const { exitCode, stdout } = await shoal([
      'train',
      'notes',
      '--method',
      'jpq',
      '--queries',
      queries,
      '--qrels',
      qrels,
    ]);
    assert.equal(exitCode, 0, stdout);
    const request = fake().requests.at(-1) as TrainRequest;
    assert.deepEqual(
      [request.method, request.queries, request.relevant],
      ['jpq', ['a plate'], [{ ids: ['d1', 'd5'] }]],
    );
    for (const wrong of [
      ['--method', 'jpq'],
      ['--qrels', qrels],
      ['--method', 'jpq', '--qrels', qrels],
    ])
      assert.equal((await shoal(['train', 'notes', ...wrong])).exitCode, 2, wrong.join(' '));
  });

  it('ends with 1 when nothing is published, unless that was wanted', async () => {
    await shoal(['collections', 'create', 'ill']);
    const { exitCode, stdout } = await shoal(['train', 'ill']);
    assert.equal(exitCode, 1);
    assert.match(stdout, /not published: it would find less/);
    assert.equal((await shoal(['train', 'ill', '--dry-run'])).exitCode, 0);
    const json = (await shoal(['train', 'ill', '--json'])).json();
    assert.deepEqual([json['published'], json['version'], json['reason']], [false, 0, 'it would find less']);
  });
});
