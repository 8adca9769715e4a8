import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tokenRows } from '../../../../models/build/token-rows.js';
import { manifestIn, tinyDim, withTinyModel } from '../../encoder-node/tiny-model.js';

describe('token rows of many sequences', () => {
  it('are the unit vectors of every token but the first, one sequence behind the other', async () => {
    await withTinyModel(async (folder) => {
      const manifest = await manifestIn(folder);
      const sequences = [Int32Array.of(2, 10, 3), Int32Array.of(2, 20, 21, 3)];
      const rows = await tokenRows(join(folder, 'model.onnx'), manifest, sequences);
      assert.equal(rows.length, 5 * tinyDim);
      const second = await tokenRows(join(folder, 'model.onnx'), manifest, sequences.slice(1));
      assert.deepEqual(rows.subarray(2 * tinyDim), second);
    });
  });
});
