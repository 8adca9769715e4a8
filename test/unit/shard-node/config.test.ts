import assert from 'node:assert/strict';
import { shardNodeConfigSchema } from '../../../shard-node/config.js';

describe('the configuration of a shard node', () => {
  it('has a default for all but its name and its folder', () => {
    assert.deepEqual(shardNodeConfigSchema.parse({ id: 's', dataDirectory: '/d' }), {
      id: 's',
      host: '127.0.0.1',
      port: 0,
      dataDirectory: '/d',
      sealAgeMs: 60_000,
      maintainEveryMs: 500,
      directoryCommitEveryMs: 1_000,
      splitLimits: { means: 4, least: 512 },
      trainingCheckpointEveryMs: 20_000,
      leaveAfterMs: 5_000,
      copyBytesPerSecondMax: 256 * 2 ** 20,
    });
  });

  it('refuses unknown keys and values out of range', () => {
    const good = { id: 's', dataDirectory: '/d' };
    for (const bad of [
      { id: '' },
      { dataDirectory: '' },
      { port: 65_536 },
      { sealBytes: 0 },
      { sealAgeMs: -1 },
      { sealAge: 1 },
    ]) {
      assert.equal(shardNodeConfigSchema.safeParse({ ...good, ...bad }).success, false, JSON.stringify(bad));
    }
  });
});
