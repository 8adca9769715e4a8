import assert from 'node:assert/strict';
import { fullBitmap, hasBit } from '../../../../vector-index/bitmap.js';
import { HiddenLists } from '../../../../vector-index/search/hidden-lists.js';
import { splitIndex, type SplitIndex } from './split-index.js';

describe('lists that are read and not asked for', () => {
  let split: SplitIndex;

  before(async () => {
    split = await splitIndex();
  });

  after(() => split.index.release());

  it('are the other parts of what was split, while a segment is older than that', () => {
    const { index, coder, moved } = split;
    const hidden = (lists: number[]): HiddenLists | null =>
      HiddenLists.of(Uint32Array.from(lists), index.segments, { coder, moved });
    assert.deepEqual([...hidden([0, 5])!.read], [0, 5, 1]);
    assert.deepEqual([...hidden([3])!.read], [3, 6]);
    assert.equal(hidden([0, 2, 4]), null);
    assert.equal(hidden([1, 5]), null);
    const current = index.segments.filter(({ reader }) => !moved.isOlder(reader));
    assert.equal(HiddenLists.of(Uint32Array.of(5), current, { coder, moved }), null);
  });

  it('have their rows hidden in segments of any age, and no others', () => {
    const { index, coder, moved } = split;
    const asked = Uint32Array.of(0, 5, 3);
    const hidden = HiddenLists.of(asked, index.segments, { coder, moved })!;
    const ages = index.segments.filter(({ rowCount }) => rowCount > 0);
    assert.deepEqual(
      ages.map(({ reader }) => moved.isOlder(reader)),
      [true, false],
    );
    for (const segment of ages) {
      const { reader, rowCount } = segment;
      const lists = moved.known(reader) ?? reader.lists;
      const bits = fullBitmap(rowCount);
      bits[0]! &= 0xfe;
      const left = hidden.hide(segment, bits)!;
      assert.ok(hasBit(bits, 1), 'what was given is not changed');
      for (let row = 0; row < rowCount; row += 1)
        assert.equal(hasBit(left, row), row > 0 && ![1, 6].includes(lists[row]!), `row ${row}`);
      assert.equal(hasBit(hidden.hide(segment, null)!, 0), ![1, 6].includes(lists[0]!));
    }
  });
});
