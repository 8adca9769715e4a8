/** When a partition stores what is settled. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { Committer } from '../../../../shard-node/directory/committer.js';
import type { PartitionState } from '../../../../shard-node/directory/partition-state.js';
import { FakeClock } from '../../../fake-clock.js';

class Rig {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  error: Error | null = null;
  readonly state = {
    settled: 0n,
    committed: 0n,
    changed: 0,
    commit: async () => {
      await Promise.resolve();
      if (this.error !== null) throw this.error;
      this.state.committed = this.state.settled;
      this.state.changed = 0;
    },
  };
  readonly committer = new Committer({
    state: this.state as unknown as PartitionState,
    clock: this.clock,
    everyMs: 100,
    entriesMax: 10,
    onCommitted: () => this.told.push(`committed ${this.state.committed}`),
    onHindrance: (error) => this.told.push(error === null ? 'room again' : 'hindered'),
    onFailure: () => this.told.push('failed'),
  });

  settle(sequence: bigint, changed: number): void {
    this.state.settled = sequence;
    this.state.changed = changed;
    this.committer.note();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the commits of a partition', () => {
  it('come a while after the first of several records', async () => {
    const rig = new Rig();
    rig.settle(1n, 1);
    await rig.clock.advance(60);
    rig.settle(2n, 2);
    assert.deepEqual(rig.told, []);
    await rig.clock.advance(40);
    assert.deepEqual(rig.told, ['committed 2']);
    rig.committer.note();
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.told, ['committed 2']);
  });

  it('come at once where much has changed', async () => {
    const rig = new Rig();
    rig.settle(3n, 10);
    await turn();
    assert.deepEqual([rig.told, rig.clock.pending], [['committed 3'], 0]);
  });

  it('are tried again while the disk is full, and told of once', async () => {
    const rig = new Rig();
    rig.error = new ShoalError('RESOURCE_EXHAUSTED', 'full');
    rig.settle(1n, 50);
    await turn();
    await rig.clock.advance(150);
    assert.ok(rig.told.every((line) => line === 'hindered'));
    rig.error = null;
    await rig.clock.advance(100);
    assert.deepEqual(rig.told.slice(-2), ['room again', 'committed 1']);
  });

  it('end with any other error', async () => {
    const rig = new Rig();
    rig.error = new ShoalError('DATA_LOSS', 'damaged');
    rig.settle(1n, 50);
    await turn();
    rig.settle(2n, 50);
    await rig.clock.advance(1_000);
    assert.deepEqual(rig.told, ['failed']);
  });

  it('begin no more once it closes', async () => {
    const rig = new Rig();
    rig.settle(1n, 1);
    await rig.committer.close();
    rig.settle(2n, 50);
    await rig.clock.advance(1_000);
    assert.deepEqual([rig.told, rig.clock.pending], [[], 0]);
  });
});
