import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal models', () => {
  const { shoal, folder } = withFakeCoordinator();

  it('lists what encoder nodes serve', async () => {
    assert.match((await shoal(['models', 'list'])).stdout, /default +384 +96 \(r2\) +bm25 +abc +encoder-1/);
  });

  it('refuses a folder without a model, saying so', async () => {
    const result = await shoal(['models', 'check', folder()]);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /no model in/);
  });
});
