import assert from 'node:assert/strict';
import { parametersObject } from '../../../../cluster/keys.js';
import { routesWhereReadable, withServingRoutes } from '../../../../shard-node/training/serving-routes.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { memoryObjects, parametersFile, structure } from './small-structures.js';

describe('the routes that serve', () => {
  it('are the learned ones, where these belong to the lists that there are', async () => {
    const [objects, file] = [memoryObjects(), writeStructureFile(structure)];
    const routes = Float32Array.of(0, 1, 1, 0);
    await objects.put(parametersObject('u', 5), parametersFile(3, routes));
    const of = (parametersVersion: number, structureVersion = 3) =>
      withServingRoutes(file, { uid: 'u', structureVersion, parametersVersion }, objects);
    assert.deepEqual(readStructureFile(await of(5)), { ...structure, routing: routes });
    assert.equal(await of(0), file);
    assert.equal(await of(5, 4), file);
    await assert.rejects(of(6), { code: 'UNAVAILABLE', message: /parameters\/u\/6.*not in the object store/ });
  });

  it('are those of the structure where learned ones are gone or damaged, if the caller can do with them', async () => {
    const [objects, file] = [memoryObjects(), writeStructureFile(structure)];
    await objects.put(parametersObject('u', 5), Buffer.from('no parameters'));
    const request = { uid: 'u', structureVersion: 3, parametersVersion: 5 };
    await assert.rejects(withServingRoutes(file, request, objects), { code: 'DATA_LOSS' });
    assert.equal(await routesWhereReadable(file, request, objects), file);
    assert.equal(await routesWhereReadable(file, { ...request, parametersVersion: 6 }, objects), file);
    const broken = { get: () => Promise.reject(new Error('no disk')) };
    await assert.rejects(routesWhereReadable(file, request, broken), /no disk/);
  });
});
