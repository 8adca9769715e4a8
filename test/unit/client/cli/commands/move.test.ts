import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal move', () => {
  const { shoal } = withFakeCoordinator();

  it('says where the shard is then', async () => {
    const move = ['move', 'notes', '0', '--from', 'shard-1', '--to', 'shard-3'];
    assert.equal((await shoal(move)).stdout, 'shard 0 of notes is on shard-3\n');
    assert.deepEqual((await shoal([...move, '--json'])).json(), { collection: 'notes', shard: 0, nodes: ['shard-3'] });
  });

  it('wants a shard’s number and both nodes', async () => {
    const wrong = await shoal(['move', 'notes', 'first', '--from', 'shard-1', '--to', 'shard-3']);
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.stderr, /'first' is no shard; give its number/);
    const without = await shoal(['move', 'notes', '0', '--from', 'shard-1']);
    assert.equal(without.exitCode, 2);
    assert.match(without.stderr, /--to/);
  });
});
