import assert from 'node:assert/strict';
import { ParametersFollower } from '../../../../shard-node/search/parameters-follower.js';
import { FakeClock } from '../../../fake-clock.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function rig() {
  const state = { problem: '', asked: [] as number[], told: [] as string[] };
  const clock = new FakeClock();
  const problemOf = async (version: number): Promise<string> => {
    state.asked.push(version);
    return state.problem;
  };
  const follower: ParametersFollower = new ParametersFollower({
    ...{ problemOf, clock, onChange: () => state.told.push(follower.problem) },
  });
  return { state, clock, follower };
}

describe('following the learned parameters of a collection', () => {
  it('asks once for a version that can be read, and for none', async () => {
    const { state, clock, follower } = rig();
    for (const version of [0, 2, 2, 0]) {
      follower.want(version);
      await turn();
      await clock.advance(60_000);
    }
    assert.deepEqual([state.asked, state.told, clock.pending], [[2], [], 0]);
  });

  it('asks again while one cannot be read, and tells when that begins, changes and ends', async () => {
    const { state, clock, follower } = rig();
    state.problem = 'damaged';
    follower.want(2);
    await turn();
    await clock.advance(10_000);
    state.problem = 'lost';
    await clock.advance(10_000);
    state.problem = '';
    await clock.advance(10_000);
    await clock.advance(60_000);
    assert.deepEqual(
      [state.asked, state.told],
      [
        [2, 2, 2, 2],
        ['damaged', 'lost', ''],
      ],
    );
  });

  it('has nothing to say of a version that serves no more', async () => {
    const { state, clock, follower } = rig();
    state.problem = 'damaged';
    follower.want(2);
    await turn();
    follower.want(0);
    assert.deepEqual([follower.problem, clock.pending], ['', 0]);
    follower.want(3);
    state.problem = '';
    follower.want(1);
    await turn();
    assert.deepEqual([follower.problem, state.told], ['', ['damaged', '']]);
    await follower.close();
  });

  it('ends what is under way when it is closed, and asks for nothing after', async () => {
    const { state, clock, follower } = rig();
    state.problem = 'damaged';
    follower.want(2);
    await turn();
    await follower.close();
    await follower.close();
    follower.want(3);
    await turn();
    assert.deepEqual([state.asked, clock.pending], [[2], 0]);
  });
});
