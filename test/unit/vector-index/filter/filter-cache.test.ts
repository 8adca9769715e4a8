import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { FilterCache } from '../../../../vector-index/filter/filter-cache.js';

/** The keys among `keys` that `cache` asks for again. */
function missed(cache: FilterCache, keys: readonly string[]): string[] {
  const missing: string[] = [];
  for (const key of keys) {
    cache.rowsOf(key, () => {
      missing.push(key);
      return Uint32Array.of(1);
    });
  }
  return missing;
}

describe('what filters found in a segment', () => {
  it('is asked for once, also when it is no row at all', () => {
    const cache = new FilterCache();
    assert.equal(
      cache.rowsOf('none', () => false),
      false,
    );
    assert.equal(
      cache.rowsOf('none', () => true),
      false,
    );
    assert.deepEqual(missed(cache, ['a', 'a', 'b', 'a']), ['a', 'b']);
  });

  it('is kept for the sixteen comparisons that were used last', () => {
    const cache = new FilterCache();
    const keys = Array.from({ length: 16 }, (_, at) => `key ${at}`);
    assert.equal(missed(cache, keys).length, 16);
    assert.deepEqual(missed(cache, ['key 0', 'one more']), ['one more']);
    assert.deepEqual(missed(cache, ['key 0', 'key 2', 'key 1']), ['key 1']);
  });

  it('is not kept for a key of unusual length', () => {
    const long = 'x'.repeat(5_000);
    assert.deepEqual(missed(new FilterCache(), [long, long]), [long, long]);
  });
});
