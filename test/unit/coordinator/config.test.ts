import assert from 'node:assert/strict';
import { coordinatorConfigSchema } from '../../../coordinator/config.js';

describe('the configuration of a coordinator', () => {
  it('has a default for all but its name', () => {
    assert.deepEqual(coordinatorConfigSchema.parse({ id: 'c' }), {
      id: 'c',
      host: '127.0.0.1',
      port: 7420,
      defaultReplicas: 1,
      expirySweepMs: 60_000,
      trainDocumentsMin: 1_000,
      autoCodeDocuments: 10_000,
      autoTrainDocuments: 50_000,
      autoTrainEveryMs: 60_000,
      splitLimits: { means: 4, least: 512 },
    });
  });

  it('refuses unknown keys and values out of range', () => {
    for (const bad of [
      {},
      { id: '' },
      { id: 'c', port: 70_000 },
      { id: 'c', port: -1 },
      { id: 'c', defaultReplicas: 0 },
      { id: 'c', expirySweepMs: 0 },
      { id: 'c', trainDocumentsMin: 0 },
      { id: 'c', splitLimits: { means: 0.5, least: 9 } },
      { id: 'c', prot: 1 },
    ]) {
      assert.equal(coordinatorConfigSchema.safeParse(bad).success, false, JSON.stringify(bad));
    }
  });
});
