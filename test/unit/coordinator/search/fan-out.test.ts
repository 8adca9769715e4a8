/** A shard is asked of one replica after the other; what nobody answers is a hole with its reason. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { fanOut, type AskNode, type FanOutResult, type ShardPart } from '../../../../coordinator/search/fan-out.js';
import type { ShardPlacement } from '../../../../proto/generated/shoal/v1/cluster.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, mapOf, placement, replica, shardNode } from '../fixtures.js';

const done = (shard: number): ShardPart => ({ shard, status: 0, message: '' });

interface Asked {
  readonly address: string;
  readonly shards: readonly number[];
}

/** Two nodes that both hold shards 0 and 1. */
function twoByTwo(changes: { readonly unready?: string; readonly away?: string } = {}): {
  map: ClusterMap;
  placements: ShardPlacement[];
} {
  const placements = [placement(0, ['a', 'b']), placement(1, ['a', 'b'])];
  const states = [0, 1].flatMap((shard) =>
    ['a', 'b'].map((node) => replica(shard, node, { state: node === changes.unready ? 'loading' : 'ready' })),
  );
  const nodes = ['a', 'b'].filter((id) => id !== changes.away).map(shardNode);
  return { map: mapOf({ nodes, placements, replicas: states }), placements };
}

async function run(
  { map, placements }: { readonly map: ClusterMap; readonly placements: ShardPlacement[] },
  answer: (asked: Asked) => readonly ShardPart[],
  how: { readonly loadOf?: (address: string) => number; readonly deadline?: ReturnType<typeof deadlineOf> } = {},
): Promise<FanOutResult<ShardPart> & { readonly asked: readonly Asked[] }> {
  const asked: Asked[] = [];
  const ask: AskNode<ShardPart> = async (address, some) => {
    asked.push({ address, shards: some.map(({ shard }) => shard) });
    return answer(asked.at(-1)!);
  };
  const result = await fanOut(
    placements,
    ask,
    { map: () => map, loadOf: how.loadOf ?? (() => 0) },
    how.deadline ?? deadlineOf(),
  );
  return { ...result, asked };
}

function fail(code: ConstructorParameters<typeof ShoalError>[0], message: string): never {
  throw new ShoalError(code, message);
}

describe('fanning out', () => {
  it('sends one message a node and gives each shard its part and its node', async () => {
    const { asked, answers, missing } = await run(twoByTwo(), ({ shards }) => shards.map(done));
    assert.deepEqual(asked, [{ address: 'a:1', shards: [0, 1] }]);
    assert.deepEqual(
      answers,
      new Map([
        [0, { part: done(0), node: 'a' }],
        [1, { part: done(1), node: 'a' }],
      ]),
    );
    assert.equal(missing.size, 0);
  });

  it('chooses the least busy replica', async () => {
    const { asked } = await run(twoByTwo(), ({ shards }) => shards.map(done), {
      loadOf: (address) => (address === 'a:1' ? 5 : 4),
    });
    assert.deepEqual(
      asked.map(({ address }) => address),
      ['b:1'],
    );
  });

  it('passes by replicas that are not ready and nodes that are away', async () => {
    for (const changes of [{ unready: 'a' }, { away: 'a' }]) {
      const { asked, missing } = await run(twoByTwo(changes), ({ shards }) => shards.map(done));
      assert.deepEqual(
        asked.map(({ address }) => address),
        ['b:1'],
      );
      assert.equal(missing.size, 0);
    }
  });

  it('asks another replica at once when a node fails', async () => {
    const { asked, answers, missing } = await run(twoByTwo(), ({ address, shards }) =>
      address === 'a:1' ? fail('UNAVAILABLE', 'gone') : shards.map(done),
    );
    assert.deepEqual(
      asked.map(({ address }) => address),
      ['a:1', 'b:1'],
    );
    assert.equal(answers.get(1)?.node, 'b');
    assert.equal(missing.size, 0);
  });

  it('asks another replica only for the shards that failed', async () => {
    const { asked, answers } = await run(twoByTwo(), ({ address, shards }) =>
      shards.map((shard) => (address === 'a:1' && shard === 1 ? { shard, status: 9, message: 'stale' } : done(shard))),
    );
    assert.deepEqual(asked, [
      { address: 'a:1', shards: [0, 1] },
      { address: 'b:1', shards: [1] },
    ]);
    assert.deepEqual([answers.get(0)?.node, answers.get(1)?.node], ['a', 'b']);
  });

  it('leaves a hole with the last reason once every replica was tried', async () => {
    const { asked, answers, missing } = await run(twoByTwo(), ({ address }) =>
      fail('UNAVAILABLE', `${address} is gone`),
    );
    assert.equal(asked.length, 2);
    assert.equal(answers.size, 0);
    assert.deepEqual(
      missing,
      new Map([
        [0, 'node b: b:1 is gone'],
        [1, 'node b: b:1 is gone'],
      ]),
    );
  });

  it('takes a part that a node left out for a failure', async () => {
    const { missing } = await run(twoByTwo({ away: 'b' }), () => [done(0)]);
    assert.deepEqual(missing, new Map([[1, 'node a left out shard 1']]));
  });

  it('names a shard without a ready replica', async () => {
    const placements = [placement(7, ['a'])];
    const { missing, asked } = await run({ map: mapOf({ placements }), placements }, () => []);
    assert.deepEqual(missing, new Map([[7, 'shard 7 has no ready replica']]));
    assert.equal(asked.length, 0);
  });

  it('passes the caller’s own mistake on, from the call or from a part, and asks nobody else', async () => {
    const fromCall = run(twoByTwo(), () => fail('INVALID_ARGUMENT', 'wrong size'));
    await assert.rejects(fromCall, { code: 'INVALID_ARGUMENT', message: 'wrong size' });
    const fromPart = run(twoByTwo(), ({ shards }) =>
      shards.map((shard) => ({ shard, status: 3, message: 'wrong size' })),
    );
    await assert.rejects(fromPart, { code: 'INVALID_ARGUMENT', message: 'wrong size' });
  });

  it('passes a cancelled call on', async () => {
    await assert.rejects(
      run(twoByTwo(), () => fail('CANCELLED', 'the caller left')),
      { code: 'CANCELLED' },
    );
  });

  it('tries no other replica when time is up', async () => {
    const deadline = deadlineOf();
    const { asked, missing } = await run(
      twoByTwo(),
      () => {
        deadline.cancel(new ShoalError('DEADLINE_EXCEEDED', 'too late'));
        return fail('DEADLINE_EXCEEDED', 'too late');
      },
      { deadline },
    );
    assert.equal(asked.length, 1);
    assert.deepEqual([...missing.values()], ['node a: too late', 'node a: too late']);
  });

  it('asks a preferred replica first, however busy it is', async () => {
    const { map, placements } = twoByTwo();
    const asked: string[] = [];
    const ask: AskNode<ShardPart> = async (address, some) => {
      asked.push(address);
      return some.map(({ shard }) => done(shard));
    };
    const parts = { map: () => map, loadOf: (address: string) => (address === 'b:1' ? 9 : 0) };
    await fanOut(placements, ask, { ...parts, prefer: new Map([[1, 'b']]) }, deadlineOf());
    assert.deepEqual(asked.sort(), ['a:1', 'b:1']);
  });

  it('gives a replica that does not answer no more than its share of the time', async () => {
    const clock = new FakeClock();
    const { map, placements } = twoByTwo();
    const asked: string[] = [];
    const ask: AskNode<ShardPart> = async (address, some, deadline) => {
      asked.push(address);
      if (address === 'b:1') return some.map(({ shard }) => done(shard));
      return new Promise((_, reject) => {
        deadline.signal.addEventListener('abort', () => reject(ShoalError.from(deadline.signal.reason)));
      });
    };
    const fanned = fanOut(placements, ask, { map: () => map, loadOf: () => 0 }, deadlineOf(1_000, clock));
    await clock.advance(499);
    assert.deepEqual(asked, ['a:1']);
    await clock.advance(1);
    const { answers } = await fanned;
    assert.deepEqual([answers.get(0)?.node, answers.get(1)?.node], ['b', 'b']);
  });

  it('of no shard asks nobody', async () => {
    const { asked, answers, missing } = await run({ map: mapOf({}), placements: [] }, () => []);
    assert.deepEqual([asked.length, answers.size, missing.size], [0, 0, 0]);
  });
});
