import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { parametersObject } from '../../../../cluster/keys.js';
import { learnOrderFor } from '../../../../shard-node/training/learn-order.js';
import { readStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { memoryObjects, parametersFile, storeVersion } from './small-structures.js';

const request = {
  uid: 'u',
  structureVersion: 3,
  codebookVersion: 3,
  parametersVersion: 0,
  queries: Buffer.alloc(0),
  probes: [],
  shortProbes: [],
};

describe('the order to learn parameters', () => {
  it('has the files of the structure that serves, and of what was learned for it', async () => {
    const objects = memoryObjects();
    await storeVersion(objects, 'u', 3);
    const bare = await learnOrderFor(request, objects);
    assert.deepEqual([bare.version, bare.queries.length, bare.serving], [3, 0, null]);
    assert.ok(bare.structure.length > 0 && bare.codebook.length > 0);
    const routes = Float32Array.of(0, 1, 1, 0);
    await objects.put(parametersObject('u', 5), parametersFile(3, routes));
    const queries = Buffer.from(Float32Array.of(0.5, 1).buffer);
    const order = await learnOrderFor({ ...request, parametersVersion: 5, queries }, objects);
    assert.deepEqual([[...order.queries], order.serving], [[0.5, 1], parametersFile(3, routes)]);
    assert.deepEqual(readStructureFile(order.structure).routing, routes);
  });

  it('reads what serves once, and begins with the codes’ own numbers where it is damaged, as searches do', async () => {
    const held = memoryObjects();
    await storeVersion(held, 'u', 3);
    const name = parametersObject('u', 5);
    await held.put(name, Buffer.from('no parameters'));
    const asked: string[] = [];
    const get = (each: string) => (asked.push(each), held.get(each));
    assert.equal((await learnOrderFor({ ...request, parametersVersion: 5 }, { get })).serving, null);
    assert.equal(asked.filter((each) => each === name).length, 1);
    const lost = async (each: string): Promise<Uint8Array | null> => {
      if (each === name) throw new ShoalError('DATA_LOSS', 'damaged');
      return held.get(each);
    };
    assert.equal((await learnOrderFor({ ...request, parametersVersion: 5 }, { get: lost })).serving, null);
  });

  it('is UNAVAILABLE where the structure is not there any more', async () => {
    const message = /'structures\/u\/3' is not in the object store; another structure serves/;
    await assert.rejects(learnOrderFor(request, memoryObjects()), { code: 'UNAVAILABLE', message });
  });
});
