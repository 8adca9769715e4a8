import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import {
  fetchFrom,
  onEveryShard,
  onOneReplica,
  ownerOf,
  readyAddresses,
} from '../../../../coordinator/documents/shards.js';
import { uint64From } from '../../../../base/bytes.js';
import { ShardDocuments } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, longs, mapOf, peersOf, placement, replica, settings, shardNode, viewOf } from '../fixtures.js';

const two = placement(0, ['a', 'b']);
const map = mapOf({
  nodes: ['a', 'b'].map(shardNode),
  placements: [placement(1, ['b']), two],
  replicas: [replica(0, 'a'), replica(0, 'b'), replica(1, 'b')],
});

/** Asks shard 0, whose first replica fails with `code`. */
function ask(code: ConstructorParameters<typeof ShoalError>[0], asked: string[] = []): Promise<string> {
  return onOneReplica(two, viewOf(map), deadlineOf(), async (_, address) => {
    asked.push(address);
    if (address === 'a:1') throw new ShoalError(code, 'trouble');
    return address;
  });
}

describe('asking a shard outside a search', () => {
  it('goes to a ready replica of a node that is there', () => {
    assert.deepEqual(readyAddresses(viewOf(map), two), ['a:1', 'b:1']);
    const partly = mapOf({
      nodes: [shardNode('b')],
      replicas: [replica(0, 'a'), replica(0, 'b', { state: 'loading' })],
    });
    assert.deepEqual(readyAddresses(viewOf(partly), two), []);
  });

  it('goes on to the next replica when one fails', async () => {
    assert.equal(await ask('UNAVAILABLE'), 'b:1');
    assert.equal(await ask('FAILED_PRECONDITION'), 'b:1');
    assert.equal(await ask('DEADLINE_EXCEEDED'), 'b:1');
  });

  it('ends with the caller’s own mistake and when the caller gave up', async () => {
    for (const code of ['INVALID_ARGUMENT', 'CANCELLED'] as const) {
      const asked: string[] = [];
      await assert.rejects(ask(code, asked), { code });
      assert.deepEqual(asked, ['a:1']);
    }
  });

  it('says UNAVAILABLE with the last reason when none answers, or none is there', async () => {
    const failing = onOneReplica(two, viewOf(map), deadlineOf(), () =>
      Promise.reject(new ShoalError('UNAVAILABLE', 'gone')),
    );
    await assert.rejects(failing, { code: 'UNAVAILABLE', message: 'shard 0 cannot be read: gone' });
    const lonely = onOneReplica(two, viewOf(mapOf({})), deadlineOf(), async () => 1);
    await assert.rejects(lonely, { code: 'UNAVAILABLE', message: 'shard 0 cannot be read: it has no ready replica' });
  });

  it('asks every shard of a collection, ascending', async () => {
    const asked = await onEveryShard(settings(), viewOf(map), deadlineOf(), async ({ shard }, address) => [
      shard,
      address,
    ]);
    assert.deepEqual(asked, [
      [0, 'a:1'],
      [1, 'b:1'],
    ]);
  });
});

describe('the owner of a list', () => {
  it('is the shard that has it', () => {
    const placements = [placement(0, ['a'], [3, 1]), placement(4, ['a'], [0, 2])];
    assert.deepEqual(
      [0, 1, 2, 3].map((list) => ownerOf(list, placements).shard),
      [4, 0, 4, 0],
    );
    assert.throws(() => ownerOf(9, placements), { code: 'UNAVAILABLE', message: /no shard has list 9/ });
  });

  it('is the only one there is, by whatever structure the list is numbered', () => {
    assert.equal(ownerOf(9, [placement(0, ['a'])]).shard, 0);
  });
});

describe('fetching from a shard outside a search', () => {
  const order = { docIds: [1n, 2n, 3n], required: [], withVectors: false, withRecord: false, filter: null };

  it('takes as many answers as it needs, from whichever replica answers', async () => {
    const asked: [string, bigint[]][] = [];
    const peers = peersOf({
      fetch: async (address, { shards: [request] }) => {
        const all = [...uint64From(request?.docIds ?? longs(), 'docIds')];
        asked.push([address, all]);
        const failed = { shard: 0, status: 14, message: 'closed' };
        const found = { shard: 0, documents: [{ docId: all[0]! }], unread: all.length - 1 };
        return { shards: [ShardDocuments.fromPartial(address === 'a:1' ? failed : found)] };
      },
    });
    const answers = await fetchFrom(two, order, { view: viewOf(map), peers, deadline: deadlineOf() });
    assert.deepEqual(
      answers.map(({ documents: [document] }) => document?.docId),
      [1n, 2n, 3n],
    );
    assert.deepEqual(asked.slice(0, 2), [
      ['a:1', [1n, 2n, 3n]],
      ['b:1', [1n, 2n, 3n]],
    ]);
  });
});
