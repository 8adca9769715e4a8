import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal codebooks', () => {
  const { shoal } = withFakeCoordinator();

  it('shows the versions and which one serves', async () => {
    await shoal(['collections', 'create', 'notes']);
    assert.match(
      (await shoal(['codebooks', 'notes'])).stdout,
      /2 \(serves\) +2 +structure +1970\S+ +7 +4,000 +64 +2 +3 +1\.0000 +0\.9600/,
    );
    assert.deepEqual((await shoal(['codebooks', 'notes', '--json'])).json(), {
      active: 2,
      versions: [
        {
          ...{ version: 2, structureVersion: 2, method: 'structure', created: '1970-01-01T00:00:00.000Z' },
          ...{ seed: 7, documents: 4_000, sampled: 3_600, lists: 64, copies: 2, secondBits: 3 },
          heldOut: { before: 1, after: 0.96 },
        },
      ],
    });
  });

  it('activates a version, or says why not', async () => {
    await shoal(['collections', 'create', 'notes']);
    assert.equal((await shoal(['codebooks', 'notes', '--activate', '2'])).exitCode, 0);
    const { exitCode, stderr } = await shoal(['codebooks', 'notes', '--activate', '1']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /belongs to another structure; train again/);
  });
});
