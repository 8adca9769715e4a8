import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { trainingOrder } from '../../../../coordinator/training/order.js';
import { Codebook, type CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { BeginTrainingRequest, TrainRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf, placement } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

const probes = [{ nprobe: 2, recall: 0.96 }];
const codebooks = [Codebook.fromPartial({ version: 2, structureVersion: 2, lists: 4, secondBits: 3, probes })];
const trained = { structureVersion: 2, codebookVersion: 2, parametersVersion: 5, codebooks, copies: 2 };

function orderOf(
  method: string,
  changes: Partial<CollectionSettings> = {},
  { rig = trainingRig({ changes }), number = 0 } = {},
): Promise<BeginTrainingRequest> {
  const { settings, parts } = rig;
  const request = { ...TrainRequest.fromPartial({ collection: 'notes', method }), seed: 9 };
  return trainingOrder({ number, request, settings, placement: placement(0, ['a']) }, parts, deadlineOf());
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

  it('asks what its first attempt asked, where parameters are learned', async () => {
    const rig = trainingRig({ changes: trained });
    const first = await orderOf('distill-vq', trained, { rig, number: 4 });
    assert.deepEqual([...rig.objects.keys()], ['trainings/u1/4/asked-vectors']);
    const queries = Buffer.from(Float32Array.of(1, 2).buffer);
    const asked = BeginTrainingRequest.encode(BeginTrainingRequest.fromPartial({ queries })).finish();
    rig.objects.set('trainings/u1/4/asked-vectors', asked);
    assert.deepEqual(await orderOf('distill-vq', trained, { rig, number: 4 }), { ...first, queries });
    assert.equal((await orderOf('distill-vq', trained, { rig })).queries.length, 0);
    await orderOf('structure', trained, { rig, number: 5 });
    assert.equal(rig.objects.size, 1);
    const damaged = new ShoalError('DATA_LOSS', 'the checksum does not match');
    Object.assign(rig.parts.objects, { get: async () => Promise.reject(damaged) });
    assert.deepEqual(await orderOf('distill-vq', trained, { rig, number: 4 }), first);
  });
});
