import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal nodes', () => {
  const { shoal } = withFakeCoordinator();

  it('lists the members', async () => {
    assert.match((await shoal(['nodes'])).stdout, /shard-1 +shard +127\.0\.0\.1:1 +0\.1\.0 +avx2/);
    const { nodes } = (await shoal(['nodes', '--json'])).json() as { nodes: { id: string }[] };
    assert.equal(nodes[0]?.id, 'shard-1');
  });
});
