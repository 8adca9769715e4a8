/** Trainings on a node over the wire. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { Channels } from '../../../../cluster/rpc/channels.js';
import { BeginTrainingRequest, ShardTrainingService } from '../../../../proto/generated/shoal/v1/training.js';
import { createBare, numberedDocuments, withCluster } from '../../../cluster/small-cluster.js';
import { ref } from '../fixtures.js';
import { storeVersion } from './small-structures.js';

describe('the service of trainings on a shard node', () => {
  it('begins, awaits, stores and ends', async () => {
    const files = {
      ...{
        structure: Uint8Array.of(1),
        codebook: Uint8Array.of(2),
        lists: 4,
        copies: 1 as const,
        secondBits: 4,
        sampled: 90,
      },
      ...{ heldOutBefore: 1, heldOutAfter: 0.96, probes: [], shortProbes: [] },
    };
    await withCluster({ train: () => async () => files }, async (cluster) => {
      await createBare(cluster, 'notes');
      const { uid } = await cluster.client.documents.upsert('notes', numberedDocuments(30));
      await storeVersion(cluster.embedded.objects, uid, 1);
      const [channels, deadline] = [new Channels({ clock: systemClock }), Deadline.after(systemClock, 10_000)];
      const address = cluster.nodeAddress('shard-1');
      const { beginTraining, awaitTraining, storeTraining, endTraining } = ShardTrainingService;
      const order = BeginTrainingRequest.fromPartial({ uid, ref, method: 'structure' });
      const { training } = await channels.unary(address, beginTraining, order, deadline);
      const ask = (): ReturnType<typeof channels.unary<{ training: bigint }, { codebook?: unknown }>> =>
        channels.unary(address, awaitTraining, { training }, deadline);
      while ((await ask()).codebook === undefined);
      const store = { training, structureVersion: 9, codebookVersion: 9 };
      await channels.unary(address, storeTraining, store, deadline);
      const stored = await cluster.embedded.objects.get(`codebooks/${uid}/9`);
      assert.deepEqual([...(stored ?? [])], [2]);
      await channels.unary(address, endTraining, { training }, deadline);
      await assert.rejects(ask(), { code: 'UNAVAILABLE' });
      deadline.close();
      await channels.close();
    });
  });
});
