/** Where documents are and what is there: a document that exists is found, however it moves meanwhile. */
import assert from 'node:assert/strict';
import {
  fetchLocated,
  locate,
  type FetchOptions,
  type Located,
  type LocateParts,
} from '../../../../coordinator/documents/located.js';
import { deadlineOf, settings } from '../fixtures.js';
import { SmallWorld } from './small-world.js';

function partsOf(world: SmallWorld): LocateParts {
  return { ...world.parts, heard: 42n, deadline: deadlineOf(60_000, world.clock) };
}

async function located(world: SmallWorld, ids: readonly string[]): Promise<readonly Located[]> {
  const places = await locate(ids, settings(), partsOf(world));
  return ids.flatMap((id, i) => {
    const place = places[i];
    return place ? [{ id, place }] : [];
  });
}

/** What is read of `ids`, time passing as fast as it is waited for. */
async function read(
  world: SmallWorld,
  ids: readonly string[],
  options: Partial<FetchOptions> = {},
  meanwhile: () => void = () => undefined,
): Promise<[string, bigint][]> {
  const where = await located(world, ids);
  meanwhile();
  const reading = fetchLocated(where, { withVectors: false, filter: null, ...options }, settings(), partsOf(world));
  const ended = { is: false };
  void reading.then(
    () => (ended.is = true),
    () => (ended.is = true),
  );
  for (let step = 0; step < 5_000 && !ended.is; step += 1) await world.clock.advance(1);
  return [...(await reading)].map(([id, { docId }]) => [id, docId]);
}

describe('locating ids', () => {
  it('asks the partition of each, as of the position given', async () => {
    const world = new SmallWorld();
    world.put('a', { docId: 5n, shard: 0 });
    world.put('b', { docId: 6n, shard: 1 });
    const places = await locate(['a', 'x', 'b'], settings(), partsOf(world));
    assert.deepEqual(
      places.map((place) => place && [place.docId, place.placement.shard, place.mark.sequence]),
      [[5n, 0, 50n], null, [6n, 1, 51n]],
    );
    assert.ok(world.heard.length > 0 && world.heard.every((heard) => heard === 42n));
  });

  it('says so where a shard is not in the map yet', async () => {
    const world = new SmallWorld();
    world.located.set('a', { docId: 5n, shard: 7 });
    await assert.rejects(locate(['a'], settings(), partsOf(world)), {
      code: 'UNAVAILABLE',
      message: /which is not in the map of this coordinator; try again/,
    });
  });
});

describe('reading located documents', () => {
  it('asks each shard once, waiting for what the directory has heard', async () => {
    const world = new SmallWorld();
    for (const [i, id] of ['a', 'b', 'c'].entries()) world.put(id, { docId: BigInt(i + 1), shard: i % 2 });
    assert.deepEqual((await read(world, ['a', 'b', 'c'])).sort(), [
      ['a', 1n],
      ['b', 2n],
      ['c', 3n],
    ]);
    assert.deepEqual(
      world.fetches.map(({ shards: [asked] }) => asked?.required),
      [[{ subject: 'shoal.u1.1.0', sequence: 50n }], [{ subject: 'shoal.u1.1.1', sequence: 51n }]],
    );
  });

  it('asks again for what did not fit into an answer', async () => {
    const world = new SmallWorld();
    for (const [i, id] of ['a', 'b', 'c'].entries()) world.put(id, { docId: BigInt(i + 1), shard: 0 });
    world.perAnswer = 2;
    assert.equal((await read(world, ['a', 'b', 'c'])).length, 3);
    assert.equal(world.fetches.length, 2);
  });

  it('follows a document that moves while it is read', async () => {
    const world = new SmallWorld();
    world.put('a', { docId: 5n, shard: 0 });
    const reads = { count: 0 };
    // The shards have a newer version already; the directory hears of it at the third question.
    world.stored.set('a', { docId: 9n, shard: 1 });
    world.beforeLocate = () => {
      reads.count += 1;
      if (reads.count === 4) world.located.set('a', { docId: 9n, shard: 1 });
    };
    assert.deepEqual(await read(world, ['a']), [['a', 9n]]);
  });

  it('leaves out what is deleted meanwhile, and what the filter does not let through', async () => {
    const world = new SmallWorld();
    world.put('gone', { docId: 5n, shard: 0 });
    world.put('low', { docId: 6n, shard: 0, attributes: { year: { int64Value: 1n } } });
    world.put('high', { docId: 7n, shard: 1, attributes: { year: { int64Value: 9n } } });
    const filter = { comparison: { attribute: 'year', type: 2, comparator: 6, values: [{ int64Value: 5n }] } };
    const found = await read(world, ['gone', 'low', 'high'], { filter }, () => {
      world.located.delete('gone');
      world.stored.delete('gone');
    });
    assert.deepEqual(found, [['high', 7n]]);
  });

  it('gives up on a document that is replaced faster than it can be read', async () => {
    const world = new SmallWorld();
    world.put('a', { docId: 5n, shard: 0 });
    world.stored.delete('a');
    await assert.rejects(read(world, ['a']), {
      code: 'ABORTED',
      message: "document 'a' of collection 'notes' was replaced each time before it could be read; ask again",
    });
    assert.equal(world.fetches.length, 11);
  });
});
