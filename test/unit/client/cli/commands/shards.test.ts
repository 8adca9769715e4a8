import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal shards', () => {
  const { shoal } = withFakeCoordinator();

  it('shows shards and replicas', async () => {
    await shoal(['collections', 'create', 'notes']);
    assert.match((await shoal(['shards', 'notes'])).stdout, /0 +1 +0 +2\.0 KiB +1 +shard-1 +ready +9 +0 +5/);
    assert.deepEqual((await shoal(['shards', 'notes', '--json'])).json(), {
      shards: [
        {
          shard: 0,
          lists: 1,
          documents: 0,
          bytes: 2048,
          segments: 1,
          tombstones: 0,
          replicas: [{ node: 'shard-1', state: 'ready', applied: '9', lag: 0, structureVersion: 2, olderRows: 5 }],
        },
      ],
      problems: [],
    });
  });

  it('tells of each problem why, and what to do', async () => {
    await shoal(['collections', 'create', 'ill']);
    const { stdout } = await shoal(['shards', 'ill']);
    assert.match(stdout, /on shard-1 does not serve\n {2}why: {2}the node is away\n {2}todo: wait, or start the node/);
    const { problems } = (await shoal(['shards', 'ill', '--json'])).json() as { problems: object[] };
    assert.deepEqual(Object.keys(problems[0] ?? {}), ['what', 'why', 'todo']);
  });
});
