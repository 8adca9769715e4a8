import assert from 'node:assert/strict';
import { withServingRoutes } from '../../../../shard-node/training/serving-routes.js';
import { readLearnedParametersFile } from '../../../../vector-index/codebook/learned-parameters.js';
import { readStructureFile, writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';
import { parametersFile, structure } from './small-structures.js';

describe('the routes that serve', () => {
  it('are the learned ones, where these belong to the lists that there are', () => {
    const file = writeStructureFile(structure);
    const routes = Float32Array.of(0, 1, 1, 0);
    const learned = readLearnedParametersFile(parametersFile(3, routes));
    assert.deepEqual(readStructureFile(withServingRoutes(file, 3, learned)), { ...structure, routing: routes });
    assert.equal(withServingRoutes(file, 3, null), file);
    assert.equal(withServingRoutes(file, 4, learned), file);
  });
});
