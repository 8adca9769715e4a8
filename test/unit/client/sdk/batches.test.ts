import assert from 'node:assert/strict';
import { Batches, batchAgeMs, batchBytesMax, batchDocumentsMax } from '../../../../client/sdk/batches.js';
import { FakeClock } from '../../../fake-clock.js';

function setUp(send?: () => Promise<boolean>): { batches: Batches; clock: FakeClock; sent: string[][] } {
  const clock = new FakeClock();
  const sent: string[][] = [];
  const batches = new Batches(clock, async (documents) => {
    sent.push(documents.map(({ id }) => id));
    return send === undefined ? true : await send();
  });
  return { batches, clock, sent };
}

describe('batches of a bulk import', () => {
  it('are full by their documents or by their bytes, but take one document of any size', () => {
    const { batches } = setUp();
    assert.equal(batches.isFull(10 * batchBytesMax), false);
    for (let count = 0; count < batchDocumentsMax; count += 1) {
      assert.equal(batches.isFull(1), false);
      batches.add({ id: String(count) }, 1);
    }
    assert.equal(batches.isFull(1), true);
    const other = setUp().batches;
    other.add({ id: 'a' }, batchBytesMax - 1);
    assert.deepEqual([other.isFull(1), other.isFull(2)], [false, true]);
  });

  it('are sent in order when they are flushed, and nothing is sent for none', async () => {
    const { batches, clock, sent } = setUp();
    batches.add({ id: 'a' }, 1);
    assert.equal(await batches.flush(), true);
    batches.add({ id: 'b' }, 1);
    batches.add({ id: 'c' }, 1);
    assert.equal(await batches.flush(), true);
    assert.equal(await batches.flush(), true);
    assert.deepEqual([sent, clock.pending], [[['a'], ['b', 'c']], 0]);
  });

  it('are sent by themselves a second after the first document, with one timer a batch', async () => {
    const { batches, clock, sent } = setUp();
    for (const id of ['a', 'b', 'c']) batches.add({ id }, 1);
    assert.equal(clock.pending, 1);
    await clock.advance(batchAgeMs - 1);
    assert.deepEqual(sent, []);
    await clock.advance(1);
    assert.deepEqual(sent, [['a', 'b', 'c']]);
    batches.add({ id: 'd' }, 1);
    batches.close();
    await clock.advance(10 * batchAgeMs);
    assert.equal(sent.length, 1);
  });

  it('tell later of what went wrong while the source was waited for', async () => {
    const refused = setUp(() => Promise.resolve(false));
    const failed = setUp(() => Promise.reject(new Error('gone')));
    for (const { batches, clock } of [refused, failed]) {
      batches.add({ id: 'a' }, 1);
      await clock.advance(batchAgeMs);
      batches.add({ id: 'b' }, 1);
    }
    assert.equal(await refused.batches.flush(), false);
    await assert.rejects(failed.batches.flush(), { message: 'gone' });
    assert.deepEqual([refused.sent, failed.sent], [[['a']], [['a']]]);
  });
});
