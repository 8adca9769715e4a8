/** Scrolling meets every document that exists throughout exactly once, in the order of ids, whatever moves meanwhile. */
import assert from 'node:assert/strict';
import { compareIds, scrollDocuments, type ScrollOptions } from '../../../../coordinator/documents/scroll.js';
import { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { deadlineOf, settings } from '../fixtures.js';
import { SmallWorld } from './small-world.js';

const all: ScrollOptions = { batch: 3, withVectors: false, filter: '', afterId: '', minSequence: 0n };

async function scroll(world: SmallWorld, changes: Partial<ScrollOptions> = {}): Promise<string[][]> {
  const batches: string[][] = [];
  const dated = settings({ attributes: { year: AttributeType.ATTRIBUTE_TYPE_INT64 } });
  const scrolled = scrollDocuments({ ...all, ...changes }, dated, world.parts, deadlineOf(60_000, world.clock));
  for await (const batch of scrolled) batches.push(batch.map(({ document }) => document?.id ?? ''));
  return batches;
}

function worldOf(count: number): { readonly world: SmallWorld; readonly ids: string[] } {
  const world = new SmallWorld();
  const ids = Array.from({ length: count }, (_, i) => `id-${String(i).padStart(3, '0')}`);
  for (const [i, id] of ids.entries())
    world.put(id, { docId: BigInt(1_000 - i), shard: i % 2, attributes: { year: { int64Value: BigInt(i) } } });
  return { world, ids };
}

describe('scrolling', () => {
  it('gives every document of all partitions once, ascending by id, in batches', async () => {
    const { world, ids } = worldOf(20);
    const batches = await scroll(world);
    assert.deepEqual(batches.flat(), ids);
    assert.ok(batches.every(({ length }) => length <= 3));
  });

  it('goes on after an id, and leaves out what a filter does not let through', async () => {
    const { world, ids } = worldOf(20);
    assert.deepEqual((await scroll(world, { afterId: 'id-012' })).flat(), ids.slice(13));
    assert.deepEqual((await scroll(world, { afterId: 'id-0125', filter: 'year >= 18' })).flat(), ids.slice(18));
  });

  it('meets a document once that moves to the other shard and back while it is scrolled', async () => {
    const { world, ids } = worldOf(40);
    const state = { next: 5_000n };
    world.beforeLocate = () => {
      for (const [i, id] of ids.entries()) {
        if (i % 3 !== 0) continue;
        state.next += 1n;
        world.put(id, { docId: state.next, shard: 1 - world.located.get(id)!.shard });
      }
    };
    const scrolling = scroll(world);
    const ended = { is: false };
    void scrolling.finally(() => (ended.is = true));
    for (let step = 0; step < 1_000 && !ended.is; step += 1) await world.clock.advance(1);
    assert.deepEqual((await scrolling).flat(), ids);
  });

  it('asks as of everything that was written here', async () => {
    const { world } = worldOf(2);
    await scroll(world);
    assert.ok(world.heard.every((heard) => heard === 42n));
  });

  it('of an empty collection gives nothing', async () => {
    assert.deepEqual(await scroll(new SmallWorld()), []);
  });
});

describe('the order of ids', () => {
  it('is that of their bytes in UTF-8', () => {
    // UTF-16 has the emoji, a surrogate pair, before the last character of the basic plane.
    assert.deepEqual(['\u{1f600}', '\uffee', 'b', 'a', 'ab'].sort(compareIds), ['a', 'ab', 'b', '\uffee', '\u{1f600}']);
  });
});
