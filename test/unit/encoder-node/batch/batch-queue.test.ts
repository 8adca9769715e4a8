import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BatchQueue, type QueuedSequence } from '../../../../encoder-node/batch/batch-queue.js';

const policy = { sequencesMax: 4, tokensMax: 40, paddingMax: 1.1 };
const never = new AbortController().signal;

function item(length: number, order: number, more: Partial<QueuedSequence> = {}): QueuedSequence {
  const sequence = {
    ids: new Int32Array(length),
    attended: length,
    wantsDense: true,
    rows: null,
    isCoded: false,
    pooling: 1,
    side: 'documents' as const,
  };
  return { sequence, isQuery: false, signal: never, order, ...more };
}

function queueOf(...items: QueuedSequence[]): BatchQueue<QueuedSequence> {
  const queue = new BatchQueue();
  for (const each of items) queue.push(each);
  return queue;
}

const orders = (batch: readonly QueuedSequence[]): number[] => batch.map(({ order }) => order);

describe('the queue of sequences', () => {
  it('serves the oldest first and takes along those of its length', () => {
    const queue = queueOf(item(8, 0), item(3, 1), item(8, 2));
    assert.deepEqual(orders(queue.take(policy)), [0, 2]);
    assert.deepEqual(orders(queue.take(policy)), [1]);
    assert.deepEqual(queue.take(policy), []);
  });

  it('serves queries before documents, however old those are', () => {
    const queue = queueOf(item(8, 0), item(8, 1, { isQuery: true }));
    assert.deepEqual(orders(queue.take(policy)), [1]);
  });

  it('lets a long sequence go alone', () => {
    assert.deepEqual(orders(queueOf(item(300, 0), item(300, 1)).take(policy)), [0]);
  });

  it('drops what nobody waits for any more', () => {
    const controller = new AbortController();
    const queue = queueOf(item(8, 0, { signal: controller.signal }), item(8, 1));
    controller.abort();
    assert.deepEqual(orders(queue.take(policy)), [1]);
    assert.equal(queue.size, 0);
  });

  it('forgets abandoned sequences when asked to', () => {
    const controller = new AbortController();
    const queue = queueOf(
      item(8, 0, { signal: controller.signal }),
      item(9, 1, { signal: controller.signal, isQuery: true }),
    );
    controller.abort();
    queue.prune();
    assert.equal(queue.size, 0);
  });

  it('keeps every batch within the policy, loses nothing and repeats nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), (lengths) => {
        const queue = queueOf(...lengths.map((length, order) => item(length, order)));
        const served: number[] = [];
        for (let batch = queue.take(policy); batch.length > 0; batch = queue.take(policy)) {
          const own = batch.map(({ sequence }) => sequence.ids.length);
          const padded = Math.max(...own) * own.length;
          assert.ok(own.length === 1 || (own.length <= policy.sequencesMax && padded <= policy.tokensMax));
          assert.ok(padded <= policy.paddingMax * own.reduce((sum, length) => sum + length, 0) + 1e-9);
          served.push(...orders(batch));
        }
        assert.deepEqual(
          served.sort((a, b) => a - b),
          lengths.map((_, order) => order),
        );
        assert.equal(queue.size, 0);
      }),
      { seed: 5 },
    );
  });
});
