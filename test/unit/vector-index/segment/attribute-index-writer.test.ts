import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { attributeFile, type Attributes } from '../filter/fixtures.js';

describe('writing the index of an attribute', () => {
  it('lists the rows of each value in the order of the values', async () => {
    const file = await attributeFile([{ x: 5n }, {}, { x: -1n }, { x: 5n }]);
    assert.deepEqual([...file.u32('attribute.0.first')], [2, 0]);
    assert.deepEqual([...file.u32('attribute.0.rowStarts')], [0, 1, 3]);
    assert.deepEqual([...file.u32('attribute.0.rows')], [2, 0, 3]);
  });

  it('has a row once for each different element of its list', async () => {
    const file = await attributeFile([{ x: ['b', 'a', 'b'] }, { x: [] }, { x: ['b'] }]);
    assert.deepEqual([...file.u32('attribute.0.first')], [1, 0]);
    assert.deepEqual([...file.u32('attribute.0.rows')], [0, 0, 2]);
  });

  it('takes -0 and 0 for one value and leaves NaN out', async () => {
    const file = await attributeFile([{ x: 0 }, { x: Number.NaN }, { x: -0 }, { x: -Infinity }]);
    assert.deepEqual([...file.u32('attribute.0.first')], [3, 0]);
    assert.deepEqual([...file.u32('attribute.0.rows')], [3, 0, 2]);
  });

  it('may be of NaN alone', async () => {
    const file = await attributeFile([{ x: Number.NaN }]);
    assert.equal(file.u32('attribute.0.first').length, 0);
    assert.ok(file.has('attribute.0.first'));
  });

  it('stores sets of rows where values have many, in less than a quarter of the bytes', async () => {
    const file = await attributeFile(
      Array.from({ length: 20_000 }, (_, row): Attributes => ({ x: row % 2 === 0, y: row % 10_000 })),
    );
    assert.ok(file.has('attribute.0.sets') && !file.has('attribute.0.rows'));
    assert.ok(file.has('attribute.1.rows') && !file.has('attribute.1.sets'));
    assert.ok(file.u8('attribute.0.sets').length * 4 < file.u8('attribute.1.rows').length);
  });

  it('names each row once where each has a value of its own', async () => {
    const file = await attributeFile([{ x: 'b' }, {}, { x: 'a' }]);
    assert.deepEqual([...file.u32('attribute.0.first')], [2, 0]);
    assert.ok(!file.has('attribute.0.rows') && !file.has('attribute.0.sets'));
  });

  it('is covered by checksums like every other column', async () => {
    const file = await attributeFile([{ x: 1n }, { x: 1n }]);
    for (const name of ['first', 'rowStarts', 'rows']) file.verifyColumn(`attribute.0.${name}`);
    assert.deepEqual(
      [...file.problems()].filter((problem) => problem !== null),
      [],
    );
  });
});
