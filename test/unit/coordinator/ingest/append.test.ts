/** Documents go to their shards in order; passages elsewhere follow under the docId of the first, as often as it takes. */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { ShoalError } from '../../../../base/errors.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { appendDocuments, type Appended } from '../../../../coordinator/ingest/append.js';
import { LogDocument } from '../../../../proto/generated/shoal/v1/log.js';
import { deadlineOf, floats } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1, -1, 0) };

function run(
  each: WriteRig,
  documents: readonly (readonly [string, number, ...number[]])[],
): Promise<readonly (Appended | ShoalError)[]> {
  const ready = documents.map(([id, list, ...lists]) => {
    const further = lists.map((of, i) => ({ id, list: of, passage: i + 1, dense: floats(1, 2) }));
    return { id, document: LogDocument.fromPartial({ id, list, further }), contentHash: 7n };
  });
  return appendDocuments(ready, each.settings, each.parts, deadlineOf());
}

describe('appending documents', () => {
  it('says by position where each is', async () => {
    const each = writeRig({ structure });
    const outcomes = await run(each, [
      ['a', 0],
      ['b', 2],
      ['c', 0, 0, 0],
    ]);
    assert.deepEqual(outcomes, [
      { docId: docIdOf(1n, 0), sequence: 1n },
      { docId: docIdOf(2n, 0), sequence: 2n },
      { docId: docIdOf(1n, 1), sequence: 1n },
    ]);
  });

  it('has begun when the call returns', async () => {
    const each = writeRig();
    await Promise.all([run(each, [['a', 0]]), run(each, [['b', 0]]), run(each, [['c', 0]])]);
    assert.deepEqual(each.log.said(), [['shoal.u1.1.0', ['a', 'b', 'c']]]);
  });

  it('tries passages of other shards again, since repeats change nothing', async () => {
    const each = writeRig({ structure });
    const state = { failures: 2 };
    each.log.hindrance = (subject) => {
      if (!subject.endsWith('.1')) return;
      state.failures -= 1;
      if (state.failures >= 0) throw new ShoalError('UNAVAILABLE', 'the log is away');
    };
    const running = run(each, [['a', 0, 1, 2]]);
    for (let i = 0; state.failures >= 0 && i < 200; i += 1) {
      await wait(1);
      await each.clock.advance(20);
    }
    const [outcome] = await running;
    assert.ok(!(outcome instanceof ShoalError));
    assert.deepEqual([outcome?.docId, outcome?.sequence], [docIdOf(1n, 0), 3n]);
    assert.deepEqual(
      each.log
        .said()
        .map(([subject]) => subject)
        .sort(),
      ['shoal.u1.1.0', 'shoal.u1.1.1', 'shoal.u1.1.2'],
    );
  });

  it('tells what does not pass', async () => {
    const each = writeRig({ structure });
    each.log.hindrance = (subject) => {
      if (subject.endsWith('.1')) throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk is full');
    };
    const [first, second] = await run(each, [
      ['a', 1],
      ['b', 0],
    ]);
    assert.ok(first instanceof ShoalError && first.code === 'RESOURCE_EXHAUSTED');
    assert.deepEqual(second, { docId: docIdOf(1n, 0), sequence: 1n });
  });

  it('calls no write refused of which the document is stored and a passage is not', async () => {
    const each = writeRig({ structure });
    each.log.hindrance = (subject) => {
      if (subject.endsWith('.1')) throw new ShoalError('FAILED_PRECONDITION', 'the stream is gone');
    };
    const [outcome] = await run(each, [['a', 0, 1]]);
    assert.ok(outcome instanceof ShoalError && outcome.code === 'UNAVAILABLE');
    assert.match(outcome.message, /'a' is stored, but not its passages.*the stream is gone; write it again/);
  });

  it('refuses passages that no record holds before anything is in the log', async () => {
    const each = writeRig({ structure });
    const dense = Buffer.alloc(768 * 4);
    const further = Array.from({ length: 4_095 }, (_, i) => ({ id: 'a', list: 1, passage: i + 1, dense }));
    const document = LogDocument.fromPartial({ id: 'a', list: 0, dense, further });
    const ready = [{ id: 'a', document, contentHash: 7n }];
    const [outcome] = await appendDocuments(ready, each.settings, each.parts, deadlineOf());
    assert.ok(outcome instanceof ShoalError && outcome.code === 'INVALID_ARGUMENT');
    assert.deepEqual(each.log.said(), []);
  });

  it('is UNAVAILABLE where a list has no shard', async () => {
    await assert.rejects(run(writeRig({ structure }), [['a', 9]]), { code: 'UNAVAILABLE' });
  });
});
