import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { modelsTable, nodesTable, shardsTable, statusText } from '../../../../client/cli/cluster-view.js';
import { colours } from '../../../../client/cli/format.js';

const paint = colours({ stdout: new PassThrough(), env: {} });

describe('the cluster in tables', () => {
  it('says where nothing is', () => {
    assert.equal(nodesTable([], paint), 'no nodes');
    assert.equal(shardsTable([], paint), 'no shards');
    assert.match(modelsTable([], paint), /no encoder node/);
    const status = { healthy: true, version: '1', nodes: [], collections: [], problems: [] };
    assert.equal(statusText(status, paint), 'healthy  shoal 1\n\nno nodes\n\nno collections');
  });

  it('shows a shard once, with a row for each replica', () => {
    const size = { lists: 1, documents: 5, bytes: 10, segments: 1, tombstones: 0 };
    const replica = { state: 'ready', applied: 9n, lag: 0, structureVersion: 1, olderRows: 0 };
    const text = shardsTable(
      [
        {
          shard: 7,
          ...size,
          replicas: [
            { node: 'a', ...replica },
            { node: 'b', ...replica, state: 'loading', lag: 3 },
          ],
        },
        { shard: 8, ...size, replicas: [] },
      ],
      paint,
    );
    const [, first = '', second = '', third = ''] = text.split('\n');
    assert.match(first, /^7 .* a +ready +9 +0 +0$/);
    assert.match(second, /^ +b +loading +9 +3 +0$/);
    assert.match(third, /^8 .*no replica/);
  });
});
