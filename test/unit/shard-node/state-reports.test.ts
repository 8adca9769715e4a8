/** Reports to the registry: the last word counts, and is repeated until the registry has it. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../base/errors.js';
import { createLogger } from '../../../base/logger.js';
import type { Registry, RegistryWrite } from '../../../cluster/registry.js';
import { StateReports } from '../../../shard-node/state-reports.js';
import { FakeClock } from '../../fake-clock.js';

const standing = { lease: { id: '1', lost: new AbortController().signal, revoke: () => Promise.resolve() } };
const bytes = (text: string): Uint8Array => Buffer.from(text);

/** A registry that is down while `isDown`, and what was told it. */
function stage(): {
  clock: FakeClock;
  told: string[];
  registry: { isDown: boolean; code: 'UNAVAILABLE' | 'FAILED_PRECONDITION' };
  reports: StateReports;
} {
  const clock = new FakeClock();
  const told: string[] = [];
  const state = { isDown: false, code: 'UNAVAILABLE' as 'UNAVAILABLE' | 'FAILED_PRECONDITION' };
  const transact = async (_: unknown, [write]: readonly RegistryWrite[]): Promise<bigint> => {
    await clock.pause();
    if (state.isDown) throw new ShoalError(state.code, 'not now');
    told.push(write?.operation === 'put' ? `${write.key}=${Buffer.from(write.value).toString()}` : `-${write?.key}`);
    return 1n;
  };
  const registry = { transact } as unknown as Registry;
  const reports = new StateReports({ registry, standing, clock, logger: createLogger('test', 'silent') });
  return { clock, told, registry: state, reports };
}

describe('reports of states', () => {
  it('tell the last word for each key, and skip those that were overtaken', async () => {
    const { told, reports } = stage();
    reports.tell('a', () => bytes('1'));
    for (const word of ['2', '3']) reports.tell('a', () => bytes(word));
    reports.tell('b', () => bytes('1'));
    await reports.settled();
    assert.deepEqual(told, ['a=1', 'a=3', 'b=1']);
  });

  it('are repeated until the registry takes them', async () => {
    const { clock, told, registry, reports } = stage();
    registry.isDown = true;
    reports.tell('a', () => bytes('1'));
    await reports.settled();
    await clock.advance(1_000);
    reports.tell('a', () => bytes('2'));
    registry.isDown = false;
    for (let turn = 0; turn < 5; turn += 1) {
      await clock.pause();
      await clock.advance(10_000);
    }
    await reports.settled();
    assert.equal(told.at(-1), 'a=2');
  });

  it('are not repeated when the registry refuses them for good', async () => {
    const { clock, told, registry, reports } = stage();
    Object.assign(registry, { isDown: true, code: 'FAILED_PRECONDITION' });
    reports.tell('a', () => bytes('1'));
    await reports.settled();
    registry.isDown = false;
    await clock.advance(10_000);
    assert.deepEqual(told, []);
  });

  it('do not come back after they were withdrawn', async () => {
    const { told, reports } = stage();
    reports.tell('a', () => bytes('1'));
    reports.tell('a', () => bytes('2'));
    await reports.withdraw('a');
    reports.repeat();
    await reports.settled();
    assert.equal(told.at(-1), '-a');
  });

  it('are taken back as soon as the registry can be reached', async () => {
    const { clock, told, registry, reports } = stage();
    reports.tell('a', () => bytes('1'));
    await reports.settled();
    registry.isDown = true;
    const retracted = reports.retract('a');
    await clock.advance(1_000);
    registry.isDown = false;
    await clock.advance(10_000);
    await retracted;
    assert.deepEqual(told, ['a=1', '-a']);
  });

  it('are all told again when that is asked for, the last word of each', async () => {
    const { told, reports } = stage();
    reports.tell('a', () => bytes('1'));
    await reports.settled();
    reports.tell('a', () => bytes('2'));
    reports.tell('b', () => bytes('1'));
    await reports.settled();
    told.length = 0;
    reports.repeat();
    await reports.settled();
    assert.deepEqual(told, ['a=2', 'b=1']);
  });

  it('end when the node leaves', async () => {
    const { clock, told, registry, reports } = stage();
    registry.isDown = true;
    reports.tell('a', () => bytes('1'));
    await reports.settled();
    await reports.leave();
    registry.isDown = false;
    reports.tell('b', () => bytes('1'));
    await clock.advance(10_000);
    assert.deepEqual(told, []);
    assert.equal(clock.pending, 0);
  });
});
