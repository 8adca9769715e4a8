import assert from 'node:assert/strict';
import { parametersObject } from '../../../../cluster/keys.js';
import { parametersWhereReadable, servingParameters } from '../../../../shard-node/training/serving-parameters.js';
import { memoryObjects, parametersFile } from './small-structures.js';

const named = (parametersVersion: number) => ({ uid: 'u', parametersVersion });

describe('the learned parameters that serve', () => {
  it('are the file and what is in it; none for version 0', async () => {
    const objects = memoryObjects();
    const file = parametersFile(3, Float32Array.of(0, 1, 1, 0));
    await objects.put(parametersObject('u', 5), file);
    for (const read of [servingParameters, parametersWhereReadable]) {
      const found = await read(named(5), objects);
      assert.deepEqual([found?.file, found?.learned.structureVersion], [file, 3]);
      assert.equal(await read(named(0), objects), null);
    }
  });

  it('are none where they are gone or damaged, if the caller can do without', async () => {
    const objects = memoryObjects();
    await objects.put(parametersObject('u', 5), Buffer.from('no parameters'));
    await assert.rejects(servingParameters(named(5), objects), { code: 'DATA_LOSS' });
    await assert.rejects(servingParameters(named(6), objects), {
      ...{ code: 'UNAVAILABLE', message: /parameters\/u\/6.*not in the object store/ },
    });
    assert.deepEqual([await parametersWhereReadable(named(5), objects)], [null]);
    assert.deepEqual([await parametersWhereReadable(named(6), objects)], [null]);
    const broken = { get: () => Promise.reject(new Error('no disk')) };
    await assert.rejects(parametersWhereReadable(named(5), broken), /no disk/);
  });
});
