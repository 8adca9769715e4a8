/** A decision is appended once and asked for until it is known, at every partition that holds one of its ids. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { keys } from '../../../../cluster/keys.js';
import { deleteRecord } from '../../../../cluster/log/records.js';
import { decide, type Decided } from '../../../../coordinator/ingest/decisions.js';
import { Verdict, type AwaitVerdictsRequest } from '../../../../proto/generated/shoal/v1/directory.js';
import { deadlineOf, longs, partitionOf, uid } from '../fixtures.js';
import { writeRig, type WriteRig } from '../write-rig.js';

const ids = Array.from({ length: 20 }, (_, i) => `d${i}`);

function run(each: WriteRig, deadline = deadlineOf(1_000, each.clock)): Promise<Decided> {
  const record = deleteRecord(ids, { conditions: new BigUint64Array(ids.length), writeId: '' });
  return decide(record, each.settings, each.parts, deadline);
}

/** Each partition knows its own ids alone. */
function answer({ partition }: AwaitVerdictsRequest, each: WriteRig): { verdicts: Verdict[]; docIds: Buffer } {
  const map = each.parts.view.current();
  const own = ids.map((id) => partitionOf(map, uid, id).partition === partition);
  const verdicts = own.map((is) => (is ? Verdict.VERDICT_APPLIED : Verdict.VERDICT_ELSEWHERE));
  return { verdicts, docIds: longs(...own.map((is) => (is ? BigInt(partition) + 1n : 0n))) };
}

/** Moves time by `steps` × 50 ms, with turns for what waits. */
async function pass(each: WriteRig, steps: number): Promise<void> {
  for (let i = 0; i < steps; i += 1) {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await each.clock.advance(50);
  }
}

describe('a decision', () => {
  it('is put together from the partitions of its ids', async () => {
    const asked: number[] = [];
    const each: WriteRig = writeRig({
      partitions: 3,
      peers: {
        awaitVerdicts: async (_, request) => {
          assert.equal(request.sequence, 1n);
          asked.push(request.partition);
          return answer(request, each);
        },
      },
    });
    const { sequence, decisions } = await run(each);
    assert.deepEqual([sequence, asked.sort()], [1n, [0, 1, 2]]);
    assert.deepEqual(
      decisions.map(({ docId }) => Number(docId) - 1),
      ids.map((id) => partitionOf(each.parts.view.current(), uid, id).partition),
    );
    assert.equal(each.parts.appenders.writtenUpTo(uid), 1n);
    assert.equal(each.log.said()[0]?.[0], 'shoal.u1.directory');
  });

  it('is asked for again while no copy can answer, and not appended again', async () => {
    const state = { failures: 3 };
    const each: WriteRig = writeRig({
      peers: {
        awaitVerdicts: async (_, request) => {
          state.failures -= 1;
          if (state.failures >= 0) throw new ShoalError('UNAVAILABLE', 'restarting');
          return answer(request, each);
        },
      },
    });
    const running = run(each);
    await pass(each, 10);
    assert.equal((await running).decisions.length, 20);
    assert.deepEqual([state.failures, each.log.entries.length], [-1, 1]);
  });

  it('that stays unknown is DEADLINE_EXCEEDED, and NOT_FOUND where the collection is gone', async () => {
    const peers = { awaitVerdicts: () => Promise.reject(new ShoalError('UNAVAILABLE', 'restarting')) };
    const each = writeRig({ peers });
    const late = assert.rejects(run(each), { code: 'DEADLINE_EXCEEDED' });
    await pass(each, 25);
    await late;
    each.registry.delete(keys.setting(uid));
    await assert.rejects(run(each), { code: 'NOT_FOUND', message: /was dropped meanwhile/ });
  });

  it('on which a partition says nothing is a defect', async () => {
    const each = writeRig({ peers: { awaitVerdicts: async () => ({ verdicts: [], docIds: longs() }) } });
    await assert.rejects(run(each), { code: 'INTERNAL' });
  });
});
