import assert from 'node:assert/strict';
import { trainingOrder } from '../../../../coordinator/training/order.js';
import { Codebook, type CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { TrainRequest, type BeginTrainingRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf, placement } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

const probes = [{ nprobe: 2, recall: 0.96 }];
const codebooks = [Codebook.fromPartial({ version: 2, structureVersion: 2, lists: 4, secondBits: 3, probes })];
const trained = { structureVersion: 2, codebookVersion: 2, parametersVersion: 5, codebooks, copies: 2 };

function orderOf(method: string, changes: Partial<CollectionSettings> = {}): Promise<BeginTrainingRequest> {
  const { settings, parts } = trainingRig({ changes });
  const request = { ...TrainRequest.fromPartial({ collection: 'notes', method }), seed: 9 };
  return trainingOrder({ request, settings, placement: placement(0, ['a']) }, parts, deadlineOf());
}

describe('the order of a training', () => {
  it('names what serves, with its calibration', async () => {
    const { ref, seed, copies, secondBits, nprobe, ...order } = await orderOf('structure', trained);
    assert.deepEqual([ref, seed, copies, secondBits, nprobe], [{ shard: 0, generation: 1n }, 9, 2, 3, 2]);
    assert.deepEqual([order.structureVersion, order.codebookVersion, order.parametersVersion], [2, 2, 5]);
    assert.deepEqual(order.probes, probes);
  });

  it('names nothing where nothing was trained, and asks nothing where no model encodes', async () => {
    const order = await orderOf('distill-vq');
    assert.deepEqual([order.structureVersion, order.codebookVersion, order.nprobe], [0, 0, 0]);
    assert.deepEqual(
      [order.queries, order.shortQueries, order.relevant].map(({ length }) => length),
      [0, 0, 0],
    );
  });
});
