import assert from 'node:assert/strict';
import { codebookObject } from '../../../../cluster/keys.js';
import { Codebook } from '../../../../proto/generated/shoal/v1/collections.js';
import { givenVersion, readListStructure } from '../../../../shard-node/training/list-structures.js';
import { writeListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { codebook, memoryObjects, storeVersion, structure } from './small-structures.js';

describe('a published structure', () => {
  it('is read with its codebook', async () => {
    const objects = memoryObjects();
    await storeVersion(objects, 'u', 3);
    const read = await readListStructure(objects, 'u', 3);
    assert.deepEqual([read.version, read.structure, read.codebook.bases], [3, structure, codebook.bases]);
  });

  it('is not there yet, or does not belong together', async () => {
    const objects = memoryObjects();
    await assert.rejects(readListStructure(objects, 'u', 1), { code: 'UNAVAILABLE' });
    await storeVersion(objects, 'u', 1);
    const three = Float32Array.of(1, 0, 0, 1, 1, 1);
    await objects.put(codebookObject('u', 1), writeListCodebookFile({ ...codebook, bases: three, anchors: three }));
    const message = /2 lists.*codes 3; .*`shoal restore FOLDER NAME`$/;
    await assert.rejects(readListStructure(objects, 'u', 1), { code: 'DATA_LOSS', message });
  });

  it('has a codebook from the first trained version on', () => {
    assert.equal(givenVersion({ codebooks: [], structureVersion: 1 }), 1);
    const codebooks = [Codebook.fromPartial({ structureVersion: 2 }), Codebook.fromPartial({ structureVersion: 5 })];
    assert.equal(givenVersion({ codebooks, structureVersion: 5 }), 1);
  });
});
