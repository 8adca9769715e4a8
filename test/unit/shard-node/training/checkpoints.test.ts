import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { createLogger } from '../../../../base/logger.js';
import { Checkpoints } from '../../../../shard-node/training/checkpoints.js';
import { memoryObjects, registryWith } from './small-structures.js';

const logger = createLogger('test', 'silent');
const of = { uid: 'u', number: 3 };
const registry = registryWith({ number: 3 });

describe('the checkpoints of a training', () => {
  it('are read by whoever carries it out next, the newest alone being kept', async () => {
    const objects = memoryObjects();
    const checkpoints = new Checkpoints(of, { objects, registry, logger });
    assert.equal(await checkpoints.newest(), null);
    checkpoints.leave(9, Uint8Array.of(9));
    await checkpoints.settled();
    checkpoints.leave(100, Uint8Array.of(100));
    await checkpoints.settled();
    assert.deepEqual(await objects.list('trainings/'), ['trainings/u/3/checkpoint-0000000100']);
    assert.deepEqual(await new Checkpoints(of, { objects, registry, logger }).newest(), Uint8Array.of(100));
    assert.equal(await new Checkpoints({ ...of, number: 4 }, { objects, registry, logger }).newest(), null);
  });

  it('do not stay once the training has ended, another one is ordered, or the collection is dropped', async () => {
    const outcome = { errorCode: 1, errorMessage: 'it was cancelled' };
    for (const record of [{ number: 3, outcome }, { number: 4 }, null]) {
      const objects = memoryObjects();
      const checkpoints = new Checkpoints(of, { objects, registry: registryWith(record), logger });
      checkpoints.leave(9, Uint8Array.of(9));
      await checkpoints.settled();
      assert.deepEqual(await objects.list('trainings/'), []);
    }
  });

  it('that come faster than they are stored are passed over but for the last', async () => {
    const objects = memoryObjects();
    const stored: string[] = [];
    const put = async (name: string, bytes: Uint8Array): Promise<void> => {
      stored.push(name.slice(-1));
      await objects.put(name, bytes);
    };
    const checkpoints = new Checkpoints(of, { objects: { ...objects, put }, registry, logger });
    for (const step of [1, 2, 3, 4]) checkpoints.leave(step, Uint8Array.of(step));
    await checkpoints.settled();
    assert.deepEqual(stored, ['1', '4']);
  });

  it('that are damaged are passed over', async () => {
    const objects = memoryObjects();
    await objects.put('trainings/u/3/checkpoint-0000000001', Uint8Array.of(1));
    await objects.put('trainings/u/3/checkpoint-0000000002', Uint8Array.of(2));
    const damaged = new ShoalError('DATA_LOSS', 'damaged');
    const get = async (name: string): Promise<Uint8Array | null> =>
      name.endsWith('2') ? Promise.reject(damaged) : objects.get(name);
    assert.deepEqual(
      await new Checkpoints(of, { objects: { ...objects, get }, registry, logger }).newest(),
      Uint8Array.of(1),
    );
  });

  it('that cannot be stored hinder nothing', async () => {
    const put = async (): Promise<void> => Promise.reject(new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full'));
    const checkpoints = new Checkpoints(of, { objects: { ...memoryObjects(), put }, registry, logger });
    checkpoints.leave(1, Uint8Array.of(1));
    await checkpoints.settled();
    assert.equal(await checkpoints.newest(), null);
  });
});
