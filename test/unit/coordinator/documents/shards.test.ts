import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { onEveryShard, onOneReplica, readyAddresses } from '../../../../coordinator/documents/shards.js';
import { deadlineOf, mapOf, placement, replica, settings, shardNode, viewOf } from '../fixtures.js';

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
  });

  it('ends with the caller’s own mistake and with the end of its time', async () => {
    for (const code of ['INVALID_ARGUMENT', 'CANCELLED', 'DEADLINE_EXCEEDED'] as const) {
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
