import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { BlockChecks } from '../../../../vector-index/segment/block-checks.js';

const blockBytes = 64 * 1024;

/** `count` blocks of a file in memory; where one is asked for whose number is in `bad`, it is damaged. */
function checksOf(count: number, bad: readonly number[] = []) {
  const bytes = new Uint8Array(count * blockBytes);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (at * 31) >>> 5;
  const starts = Float64Array.from({ length: count }, (_, block) => block * blockBytes);
  const lengths = new Uint32Array(count).fill(blockBytes);
  const sums = Uint32Array.from(starts, (start) => crc32(bytes.subarray(start, start + blockBytes)));
  for (const block of bad) bytes[block * blockBytes + 7]! ^= 1;
  const checks = new BlockChecks({ bytes, starts, lengths, sums, damaged: (block) => new Error(`block ${block}`) });
  return { bytes, checks };
}

const all = (count: number): number[] => Array.from({ length: count }, (_, block) => block);

describe('the checks of blocks', () => {
  for (const count of [3, 200]) {
    it(`compare ${count} blocks once, whoever asks and however many ask at once`, async () => {
      const { bytes, checks } = checksOf(count);
      await Promise.all([checks.check(all(count)), checks.check(all(count).reverse()), checks.check([1])]);
      assert.ok(checks.isDone);
      // What turns over afterwards is nobody's business: nothing is read again.
      bytes[0]! ^= 1;
      await checks.check(all(count));
      checks.checkNow(0, count);
      assert.equal(await checks.checkNext(count), false);
      assert.equal(checks.isWhole(0), false);
      await assert.rejects(
        checks.checkAgain(() => Promise.resolve()),
        /block 0/,
      );
    });

    it(`name a damaged one of ${count} to all who ask for it, and to nobody else`, async () => {
      const { checks } = checksOf(count, [2]);
      const asked = [all(count), [2], [0, 1]].map((blocks) => checks.check(blocks));
      const ended = await Promise.allSettled(asked);
      assert.deepEqual(
        ended.map(({ status }) => status),
        ['rejected', 'rejected', 'fulfilled'],
      );
      assert.throws(() => checks.checkNow(0, 3), /block 2/);
      checks.checkNow(0, 2);
      assert.deepEqual(all(3).map((block) => checks.isChecked(block)), [true, true, false]); // prettier-ignore
      assert.equal(checks.isDone, false);
    });
  }

  it('go through a file step by step', async () => {
    const { checks } = checksOf(5, [4]);
    assert.equal(await checks.checkNext(2), true);
    assert.deepEqual(all(3).map((block) => checks.isChecked(block)), [true, true, false]); // prettier-ignore
    assert.equal(await checks.checkNext(2), true);
    await assert.rejects(checks.checkNext(2), /block 4/);
  });

  it('end when the caller gives up, and are taken up by the next', async () => {
    const count = 150;
    const { checks } = checksOf(count);
    await assert.rejects(checks.check(all(count), AbortSignal.abort(new Error('before'))), /before/);
    const controller = new AbortController();
    const givenUp = checks.check(all(count), controller.signal);
    const waiting = checks.check(all(count));
    controller.abort();
    await assert.rejects(givenUp);
    await waiting;
    assert.ok(checks.isDone);
  });

  it('let one who waits for the work of another give up', async () => {
    const { checks } = checksOf(100);
    const first = checks.check(all(100));
    const controller = new AbortController();
    const second = checks.check(all(100), controller.signal);
    controller.abort(new Error('enough'));
    await assert.rejects(second, /enough|gave up/);
    await first;
    assert.ok(checks.isDone);
  });
});
