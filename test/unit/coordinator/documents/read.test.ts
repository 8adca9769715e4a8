/** Reading by id sees everything that was written through this coordinator, and what a client has seen. */
import assert from 'node:assert/strict';
import { exported, getDocument, heardPosition, positionOf } from '../../../../coordinator/documents/read.js';
import { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { FetchedDocument } from '../../../../proto/generated/shoal/v1/shard.js';
import { deadlineOf, settings, uid, words } from '../fixtures.js';
import { SmallWorld } from './small-world.js';

const sparse = { termIds: words(1), weights: words(1) };

function worldOf(): SmallWorld {
  const world = new SmallWorld();
  world.put('a', { docId: 5n, shard: 1 });
  return world;
}

describe('getting a document', () => {
  it('gives the version that the directory names; BM25 weights stay inside, learned ones come along', async () => {
    const world = worldOf();
    const parts = { ...world.parts, deadline: deadlineOf() };
    const { docId, document } = await getDocument('a', { withVectors: true }, settings(), parts);
    assert.deepEqual([docId, document?.id, document?.sparse], [5n, 'a', undefined]);
    const learned = await getDocument('a', { withVectors: true }, settings({ sparseWeighting: 'learned' }), parts);
    assert.deepEqual(learned.document?.sparse, sparse);
    assert.deepEqual(world.heard, [42n, 42n], 'what was written here has been heard');
  });

  it('waits for a later position where a client has seen one', async () => {
    const world = worldOf();
    const parts = { ...world.parts, deadline: deadlineOf() };
    await getDocument('a', { withVectors: false, minSequence: 50n }, settings(), parts);
    assert.deepEqual(world.heard, [50n]);
    assert.equal(await heardPosition(7n, settings(), world.parts, deadlineOf()), 42n);
  });

  it('says NOT_FOUND for an unknown id, with its name and the collection’s', async () => {
    await assert.rejects(
      getDocument('x', { withVectors: false }, settings(), { ...worldOf().parts, deadline: deadlineOf() }),
      {
        code: 'NOT_FOUND',
        message: "document 'x' does not exist in collection 'notes'",
      },
    );
  });

  it('does not show one whose time has passed', async () => {
    const world = new SmallWorld();
    const at = (ms: number): { until: { timestampValue: Date } } => ({ until: { timestampValue: new Date(ms) } });
    world.put('old', { docId: 1n, shard: 0, attributes: at(world.clock.wallMs()) });
    world.put('young', { docId: 2n, shard: 0, attributes: at(world.clock.wallMs() + 1) });
    const expiring = settings({ expiresBy: 'until', attributes: { until: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP } });
    const get = (id: string): Promise<FetchedDocument> =>
      getDocument(id, { withVectors: false }, expiring, { ...world.parts, deadline: deadlineOf() });
    await assert.rejects(get('old'), { code: 'NOT_FOUND' });
    assert.equal((await get('young')).docId, 2n);
  });
});

describe('the position of a read', () => {
  it('belongs to the collection that is read', () => {
    assert.equal(positionOf(undefined, settings()), 0n);
    assert.equal(positionOf({ uid, sequence: 8n }, settings()), 8n);
    assert.throws(() => positionOf({ uid: 'u0', sequence: 8n }, settings()), { code: 'FAILED_PRECONDITION' });
  });
});

describe('an exported document', () => {
  it('leaves BM25 weights out, since import makes them from the text again', () => {
    const fetched = FetchedDocument.fromPartial({ document: { id: 'a', sparse } });
    assert.equal(exported(fetched, settings()).document?.sparse, undefined);
    assert.deepEqual(exported(fetched, settings({ sparseWeighting: 'learned' })).document?.sparse, sparse);
  });

  it('says of uncoded token rows whether they were pooled', () => {
    const [raw, coded] = [
      { count: 1, codec: '' },
      { count: 1, codec: 'c1' },
    ];
    const read = (tokenPooling: number): (boolean | undefined)[] => {
      const given = { id: 'a', tokens: raw, passages: [{ tokens: coded }, { tokens: raw }, {}] };
      const { document } = exported(FetchedDocument.fromPartial({ document: given }), settings({ tokenPooling }));
      return [document?.tokens?.pooled, ...(document?.passages ?? []).map(({ tokens }) => tokens?.pooled)];
    };
    assert.deepEqual(read(2), [true, false, true, undefined]);
    for (const tokenPooling of [0, 1]) assert.deepEqual(read(tokenPooling), [false, false, false, undefined]);
  });
});
