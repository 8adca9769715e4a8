import assert from 'node:assert/strict';
import { activateCodebook, listCodebooks } from '../../../../coordinator/training/codebooks.js';
import { Codebook } from '../../../../proto/generated/shoal/v1/collections.js';
import { mapOf, settings } from '../fixtures.js';

const codebooks = [1, 3].map((version) => Codebook.fromPartial({ version, structureVersion: version }));
const trained = settings({ codebooks, codebookVersion: 3, structureVersion: 3 });

describe('the codebooks of a collection', () => {
  it('are listed with the one that serves', () => {
    const list = listCodebooks('notes', mapOf({ collections: [trained] }));
    assert.deepEqual([list.active, list.codebooks.length, list.structureVersion], [3, 2, 3]);
    assert.throws(() => listCodebooks('other', mapOf({})), { code: 'NOT_FOUND' });
  });

  it('serve with their own structure only', () => {
    assert.equal(activateCodebook(3, trained), 3);
    assert.throws(() => activateCodebook(1, trained), { code: 'FAILED_PRECONDITION', message: /train again/ });
    assert.throws(() => activateCodebook(2, trained), { code: 'NOT_FOUND', message: /it has 1, 3/ });
    assert.throws(() => activateCodebook(2, settings()), { code: 'NOT_FOUND', message: /never trained/ });
  });
});
