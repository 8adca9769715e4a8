import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { applyChange, newestDocId, prepareChange } from '../../../vector-index/apply-change.js';
import { IndexState } from '../../../vector-index/index-state.js';
import { fenceKeepMs } from '../../../vector-index/fences.js';
import { furtherPassage, plainDocument, randomDocument, settings } from './fixtures.js';
import { nearVector, toyCoder, toyStructure } from './lists/fixtures.js';

async function newState(): Promise<{ state: IndexState; newest: (id: string) => bigint }> {
  const state = new IndexState(settings);
  return { state, newest: (id) => newestDocId(state, id) };
}

const random = seededRandom(3);

describe('applying a change', () => {
  it('keeps one living row of an id, the newest, also in a frozen segment', async () => {
    const { state, newest } = await newState();
    applyChange(state, 0, { documents: [randomDocument(random, 'a', 5n), randomDocument(random, 'b', 6n)] });
    state.freeze();
    applyChange(state, 0, { documents: [randomDocument(random, 'a', 7n), randomDocument(random, 'b', 4n)] });
    assert.deepEqual([newest('a'), newest('b')], [7n, 6n]);
    assert.deepEqual([state.frozen[0]?.livePrimaryCount, state.mutable.livePrimaryCount], [1, 1]);
  });

  it('changes nothing the second time', async () => {
    const { state } = await newState();
    const change = { documents: [randomDocument(random, 'a', 5n)], superseded: [{ id: 'a', docId: 4n }] };
    applyChange(state, 0, change);
    applyChange(state, 0, change);
    assert.equal(state.mutable.reader.rowCount, 1);
  });

  it('refuses terms that do not ascend', async () => {
    const { state } = await newState();
    const terms = { termIds: Uint32Array.of(4, 4), weights: Float32Array.of(1, 1) };
    const change = { documents: [{ ...randomDocument(random, 'a', 5n), terms }] };
    assert.throws(() => applyChange(state, 0, change), { code: 'INTERNAL', message: /term ids ascend/ });
  });

  it('refuses float16 token rows of another width', async () => {
    const { state } = await newState();
    const tokens = { count: 2, rows: new Uint8Array(10), codec: '' };
    const change = { documents: [{ ...randomDocument(random, 'a', 5n), tokens }] };
    assert.throws(() => applyChange(state, 0, change), { code: 'INTERNAL', message: /8 components/ });
  });

  it('ignores versions that were superseded within ten minutes of log time, whether it held them or not', async () => {
    const { state, newest } = await newState();
    applyChange(state, 1_000, { superseded: [{ id: 'a', docId: 9n }] });
    applyChange(state, 1_000 + fenceKeepMs, { documents: [randomDocument(random, 'a', 8n)] });
    assert.equal(newest('a'), 0n);
    applyChange(state, 1_000 + fenceKeepMs, { documents: [randomDocument(random, 'a', 9n)] });
    assert.equal(newest('a'), 9n);
    applyChange(state, 1_001 + fenceKeepMs, { documents: [randomDocument(random, 'b', 8n)] });
    assert.equal(newest('b'), 8n);
    assert.equal(state.fences.size, 0);
  });

  it('adds passages of the version that it has, each once, and none of an older one', async () => {
    const { state, newest } = await newState();
    const document = randomDocument(random, 'a', 5n);
    applyChange(state, 0, { documents: [document, furtherPassage(document, 2)] });
    applyChange(state, 0, { documents: [furtherPassage(document, 2), furtherPassage(document, 1)] });
    applyChange(state, 0, { documents: [furtherPassage({ ...document, docId: 4n }, 3)] });
    assert.equal(state.mutable.reader.rowCount, 3);
    assert.deepEqual([state.mutable.livePrimaryCount, newest('a')], [1, 5n]);
    assert.deepEqual(state.mutable.reader.rowsOf(5n), [0, 1, 2]);
  });

  it('removes all passages of an older version, here and in frozen segments', async () => {
    const { state, newest } = await newState();
    const document = randomDocument(random, 'a', 5n);
    applyChange(state, 0, { documents: [document, furtherPassage(document, 1)] });
    state.freeze();
    applyChange(state, 0, { documents: [furtherPassage(document, 2)] });
    applyChange(state, 0, { documents: [furtherPassage({ ...document, docId: 6n }, 7)] });
    assert.equal(newest('a'), 6n);
    assert.deepEqual([state.frozen[0]?.deadCount, state.mutable.deadCount], [2, 1]);
    applyChange(state, 0, { superseded: [{ id: 'a', docId: 7n }] });
    assert.equal(newest('a'), 0n);
  });

  it('refuses a further passage with a text, a title or terms', async () => {
    const { state } = await newState();
    const document = furtherPassage(randomDocument(random, 'a', 5n), 1, { text: 'own' });
    assert.throws(() => applyChange(state, 0, { documents: [document] }), { code: 'INTERNAL', message: /primary/ });
  });

  it('gives the same codes whether they were prepared or not, and codes of the newest structure', async () => {
    const shape = { dim: settings.dim, lists: 5 };
    const near = (): Float32Array => nearVector(random, toyStructure({ ...shape, version: 1 }));
    const documents = Array.from({ length: 100 }, (_, at) =>
      plainDocument(`d${at}`, BigInt(at + 1), { dense: near() }),
    );
    const coders = [1, 2].map((version) => toyCoder({ ...shape, version }));
    const [plain, prepared, late, second] = Array.from({ length: 4 }, () => new IndexState(settings, coders[0]!));
    applyChange(plain!, 0, { documents });
    const change = await prepareChange(prepared!, { documents });
    assert.equal(change.prepared?.coder, coders[0]);
    applyChange(prepared!, 0, change);
    assert.deepEqual(codesOf(prepared!), codesOf(plain!));
    for (const state of [late!, second!]) state.recode(coders[1]!);
    applyChange(late!, 0, change);
    applyChange(second!, 0, { documents });
    assert.deepEqual(codesOf(late!), codesOf(second!));
  });

  it('prepares few documents where their lists are still to be chosen among many, or their vectors are long', async () => {
    const isPrepared = async (dim: number, { lists = 2, count = 10, structureVersion = 1 }): Promise<boolean> => {
      const state = new IndexState({ dim, tokenDim: 8 }, toyCoder({ dim, lists }));
      const documents = Array.from({ length: count }, (_, at) => ({
        ...plainDocument(`id${at}`, BigInt(at + 1), { dense: new Float32Array(dim).fill(at + 1) }),
        structureVersion,
      }));
      return (await prepareChange(state, { documents })).prepared !== undefined;
    };
    assert.equal(await isPrepared(64, { lists: 2_000 }), false);
    assert.equal(await isPrepared(64, { lists: 2_000, structureVersion: 0 }), true);
    assert.equal(await isPrepared(64, { lists: 20, structureVersion: 0 }), false);
    assert.equal(await isPrepared(1_024, { count: 20 }), false);
    assert.equal(await isPrepared(1_024, { count: 30 }), true);
  });

  it('prepares nothing that does not fit', async () => {
    const state = new IndexState(settings, toyCoder({ dim: settings.dim, lists: 5 }));
    const documents = Array.from({ length: 100 }, (_, at) =>
      plainDocument(`d${at}`, BigInt(at + 1), { dense: new Float32Array(settings.dim), structureVersion: 1 }),
    );
    const wrong = [
      { code: 'INTERNAL', document: { ...documents[0]!, list: 5 } },
      { code: 'INTERNAL', document: { ...documents[0]!, dense: new Float32Array(settings.dim + 1) } },
      { code: 'FAILED_PRECONDITION', document: { ...documents[0]!, structureVersion: 2 } },
    ];
    for (const { code, document } of wrong)
      await assert.rejects(prepareChange(state, { documents: [...documents, document] }), { code });
  });
});

function codesOf(state: IndexState): unknown {
  const { coding, rowCount, lists } = state.mutable.reader;
  const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
  return [coding!.first(rowCount), coding!.readSecond(0, rows), lists.slice(0, rowCount)];
}
