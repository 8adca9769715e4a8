/** Superseded ids on disk: every entry in exactly one file, few files, little written twice. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { planFences, type FenceFile } from '../../../../vector-index/maintenance/fence-files.js';

describe('the files of superseded ids', () => {
  it('stay as they are when nothing is new, but for those whose entries are all forgotten', () => {
    const files = [
      { name: 'a', from: 0, to: 100 },
      { name: 'b', from: 100, to: 150 },
    ];
    assert.deepEqual(planFences(files, { start: 0, end: 150 }), { kept: files, from: null });
    assert.deepEqual(planFences(files, { start: 100, end: 150 }), { kept: [files[1]], from: null });
    assert.deepEqual(planFences(files, { start: 150, end: 150 }), { kept: [], from: null });
    assert.deepEqual(planFences([], { start: 0, end: 0 }), { kept: [], from: null });
  });

  it('get a new one for what is new, together with those before it that are at most twice as large', () => {
    const files = [
      { name: 'a', from: 0, to: 100 },
      { name: 'b', from: 100, to: 120 },
      { name: 'c', from: 120, to: 130 },
    ];
    assert.deepEqual(planFences(files, { start: 0, end: 134 }), { kept: files, from: 130 });
    assert.deepEqual(planFences(files, { start: 0, end: 140 }), { kept: files.slice(0, 1), from: 100 });
    assert.deepEqual(planFences(files, { start: 0, end: 300 }), { kept: [], from: 0 });
    assert.deepEqual(planFences(files, { start: 125, end: 133 }), { kept: [], from: 125 });
    assert.deepEqual(planFences(files, { start: 400, end: 450 }), { kept: [], from: 400 });
  });

  it('hold all entries that are not forgotten, in order, however many come and go', () => {
    const random = seededRandom(1);
    let files: FenceFile[] = [];
    let [start, end, written] = [0, 0, 0];
    for (let commit = 0; commit < 2_000; commit += 1) {
      end += random.below(50);
      start = Math.max(start, end - 20_000, Math.min(end, start + random.below(30)));
      const { kept, from } = planFences(files, { start, end });
      files = from === null ? [...kept] : [...kept, { name: String(commit), from, to: end }];
      if (from !== null) written += end - from;
      assert.ok(files.length === 0 ? start === end : files[0]!.from <= start && files.at(-1)!.to === end);
      for (let at = 1; at < files.length; at += 1) assert.equal(files[at]!.from, files[at - 1]!.to);
      assert.ok(files.length <= 16);
    }
    assert.ok(written < 12 * end, `${written} bytes for ${end}`);
  });
});
