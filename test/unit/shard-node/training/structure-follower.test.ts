import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { createLogger } from '../../../../base/logger.js';
import { StructureFollower } from '../../../../shard-node/training/structure-follower.js';
import type { ListStructure } from '../../../../vector-index/codebook/list-structure.js';
import { FakeClock } from '../../../fake-clock.js';
import { codebook, structure } from './small-structures.js';

const turns = async (): Promise<void> => {
  for (let i = 0; i < 10; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

function rig(given = 0) {
  const state = { version: 0, failure: null as ShoalError | null, reads: [] as number[] };
  const clock = new FakeClock();
  const index = {
    restructure: ({ version }: ListStructure): void => void (state.version = version),
    get structureState() {
      return { version: state.version, olderRows: 0 };
    },
  };
  const read = async (version: number): Promise<ListStructure> => {
    state.reads.push(version);
    if (state.failure !== null) throw state.failure;
    return { version, structure, codebook };
  };
  const logger = createLogger('test', 'silent');
  const follower = new StructureFollower({ index, given, read, clock, logger, fields: {} });
  return { state, clock, follower };
}

describe('following the structure of a collection', () => {
  it('reads a version that is named, and none that the index has', async () => {
    const { state, follower } = rig();
    await follower.reach(2);
    follower.want(1);
    await follower.reach(2);
    assert.deepEqual([follower.version, state.reads], [2, [2]]);
  });

  it('asks nothing for lists that were given', async () => {
    const { state, follower } = rig(1);
    follower.want(1);
    await follower.reach(1);
    assert.deepEqual([follower.version, state.reads], [1, []]);
  });

  it('lets who needs a version wait until it can be read, and says why', async () => {
    const { state, clock, follower } = rig();
    state.failure = new ShoalError('UNAVAILABLE', 'it is not there yet');
    const reached = { at: 0 };
    const waiting = follower.reach(3).then(() => (reached.at = follower.version));
    await turns();
    assert.equal(follower.problem, 'it is not there yet');
    state.failure = null;
    await clock.advance(200);
    await waiting;
    assert.deepEqual([reached.at, follower.problem], [3, '']);
  });

  it('takes the newest version where several were named', async () => {
    const { state, clock, follower } = rig();
    state.failure = new ShoalError('UNAVAILABLE', 'it was removed');
    follower.want(1);
    await turns();
    state.failure = null;
    follower.want(4);
    await clock.advance(200);
    await turns();
    assert.equal(follower.version, 4);
  });

  it('lets everybody go when it is closed', async () => {
    const { state, follower } = rig();
    state.failure = new ShoalError('UNAVAILABLE', 'it is not there yet');
    const waiting = follower.reach(3);
    await turns();
    await follower.close();
    await waiting;
    assert.equal(follower.version, 0);
  });
});
