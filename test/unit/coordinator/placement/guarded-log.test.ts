/** A coordinator's log refuses what its guard forbids, before a record is appended and after. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { GuardedLog } from '../../../../coordinator/placement/guarded-log.js';

const record = { headers: {}, body: Buffer.from('x') };

function rig(): {
  log: GuardedLog;
  appended: bigint[];
  state: { isForbidden: boolean; reached: bigint; next: bigint };
} {
  const appended: bigint[] = [];
  const state = { isForbidden: false, reached: 0n, next: 1n };
  const own: Partial<ChangeLog> = {
    append: async () => {
      appended.push(state.next);
      // What nodes have grows while a record is on its way.
      state.reached = state.next;
      return state.next;
    },
    state: async () => ({ firstSequence: 1n, lastSequence: 7n, entries: 7, bytes: 0 }),
  };
  const refuse = (): never => {
    throw new ShoalError('UNAVAILABLE', 'not now');
  };
  const guard = {
    checkWritable: () => void (state.isForbidden && refuse()),
    reachedBy: () => state.reached,
    checkGiven: (_: string, sequence: bigint, reached: bigint) => void (sequence <= reached && refuse()),
  };
  return { log: new GuardedLog(own as ChangeLog, guard), appended, state };
}

async function append(log: GuardedLog): Promise<bigint> {
  const deadline = Deadline.after(systemClock, 1_000);
  return await log.append('u1', 's', record, deadline).finally(() => deadline.close());
}

describe('the log of a coordinator', () => {
  it('appends, and passes on all else', async () => {
    const { log } = rig();
    assert.equal(await append(log), 1n);
    assert.equal((await log.state('u1')).lastSequence, 7n);
  });

  it('appends nothing while it must not be written', async () => {
    const { log, appended, state } = rig();
    state.isForbidden = true;
    await assert.rejects(append(log), { code: 'UNAVAILABLE' });
    assert.deepEqual(appended, []);
  });

  it('does not take a record for written that landed below what nodes had when it was sent', async () => {
    const { log, state } = rig();
    state.reached = 30n;
    state.next = 21n;
    await assert.rejects(append(log), { code: 'UNAVAILABLE' });
    state.reached = 30n;
    state.next = 31n;
    assert.equal(await append(log), 31n);
  });
});
