import assert from 'node:assert/strict';
import { encoderNodeConfigSchema } from '../../../encoder-node/config.js';

const good = { id: 'e', modelDirectory: '/m' };

describe('the configuration of an encoder node', () => {
  it('has a default for all but its name and its model', () => {
    const { workers, intraOpThreads, ...rest } = encoderNodeConfigSchema.parse(good);
    assert.deepEqual(rest, { ...good, host: '127.0.0.1', port: 0, executionProvider: 'cpu', queueLimit: 4_096 });
    assert.ok(workers >= 1 && workers <= 2 && intraOpThreads >= 1);
  });

  it('takes one session for a GPU unless told otherwise', () => {
    assert.equal(encoderNodeConfigSchema.parse({ ...good, executionProvider: 'webgpu' }).workers, 1);
    assert.equal(encoderNodeConfigSchema.parse({ ...good, executionProvider: 'cuda', workers: 3 }).workers, 3);
  });

  it('refuses unknown keys and values out of range', () => {
    for (const bad of [
      { id: '' },
      { modelDirectory: '' },
      { executionProvider: 'gpu' },
      { workers: 0 },
      { queueLimit: 0 },
      { threads: 1 },
    ]) {
      assert.equal(encoderNodeConfigSchema.safeParse({ ...good, ...bad }).success, false, JSON.stringify(bad));
    }
  });
});
