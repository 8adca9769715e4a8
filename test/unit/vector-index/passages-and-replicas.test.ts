/** An index through any series of writes, late passages, deaths, seals, merges and restarts: it holds the passages of the newest versions. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import { seededRandom, type Random } from '../../../base/random.js';
import type { IndexDocument } from '../../../vector-index/document.js';
import { ShardIndex } from '../../../vector-index/shard-index.js';
import { systemFiles } from '../../../vector-index/system-files.js';
import { inFolder } from '../../temporary-folder.js';
import { codecs, dim, dot, entryAt, furtherPassage, randomDocument, settings, vector } from './fixtures.js';

const subject = 'shoal.c.1.1';
const seed = Number(process.env['SHOAL_SEED'] ?? 7);

function open(directory: string): Promise<ShardIndex> {
  const limits = { mutableBytesMax: 8_000, mergeFanIn: 3 };
  return ShardIndex.open({ directory, settings, codecs, limits, files: systemFiles, clock: systemClock });
}

/** The passages of every id's newest version that were told and are not superseded. */
class PassageModel {
  readonly documents = new Map<string, IndexDocument[]>();
  readonly #superseded = new Map<string, bigint>();

  write(passage: IndexDocument): void {
    const { id, docId } = passage;
    const known = this.documents.get(id) ?? [];
    const newest = known[0]?.docId ?? 0n;
    if ((this.#superseded.get(id) ?? 0n) > docId || newest > docId) return;
    if (newest < docId) this.documents.set(id, [passage]);
    else if (!known.some((other) => other.passage === passage.passage)) known.push(passage);
  }

  supersede(id: string, docId: bigint): void {
    if (docId > (this.#superseded.get(id) ?? 0n)) this.#superseded.set(id, docId);
    if ((this.documents.get(id)?.[0]?.docId ?? 0n) < docId) this.documents.delete(id);
  }

  /** By docId, passages ascending. */
  get sorted(): IndexDocument[][] {
    const all = [...this.documents.values()].map((passages) => [...passages].sort((a, b) => a.passage - b.passage));
    return all.sort(([left], [right]) => (left!.docId < right!.docId ? -1 : 1));
  }
}

interface RandomRecord {
  readonly documents: readonly IndexDocument[];
  readonly superseded: readonly { id: string; docId: bigint }[];
}

/** Documents with a few passages each; at times late passages of a document written before, or repeats. */
function randomRecord(random: Random, sequence: bigint, written: IndexDocument[]): RandomRecord {
  const documents: IndexDocument[] = [];
  for (let position = 0; position < random.below(4); position += 1) {
    const document = randomDocument(random, `id${random.below(20)}`, sequence * 4096n + BigInt(position));
    written.push(document);
    const isPrimaryHere = random.below(4) > 0;
    if (isPrimaryHere) documents.push(document);
    for (let passage = 1; passage < random.below(4); passage += 1) documents.push(furtherOf(document, passage));
  }
  for (let late = 0; late < random.below(3) && written.length > 0; late += 1) {
    const document = written[random.below(written.length)]!;
    documents.push(random.below(3) === 0 ? document : furtherOf(document, 1 + random.below(4)));
  }
  const superseded = random.below(3) === 0 ? [{ id: `id${random.below(20)}`, docId: sequence * 4096n }] : [];
  return { documents, superseded };
}

/** The same passage of the same document is always the same. */
function furtherOf(document: IndexDocument, passage: number): IndexDocument {
  const own = seededRandom(Number(document.docId % 65_536n) * 8 + passage);
  const fields = { list: own.below(5), start: passage * 10, end: passage * 10 + 10, dense: vector(own, dim) };
  return furtherPassage(document, passage, fields);
}

async function assertEqualsModel(index: ShardIndex, model: PassageModel, random: Random): Promise<void> {
  const { sorted } = model;
  const primary = sorted.filter(([first]) => first!.passage === 0);
  assert.equal(index.statistics(new Uint32Array(0)).documents, primary.length);
  const listed = index.listRows(0n, 4_096);
  assert.deepEqual(
    [...listed.docIds],
    sorted.map(([first]) => first!.docId),
  );
  assert.deepEqual(
    [...listed.primary],
    sorted.map(([first]) => (first!.passage === 0 ? 1 : 0)),
  );
  assert.deepEqual(
    [...listed.contentHashes],
    sorted.map(([first]) => first!.contentHash),
  );
  assert.deepEqual(
    listed.ids,
    sorted.map(([first]) => first!.id),
  );
  for (const passages of sorted) assert.deepEqual(index.passages(passages[0]!.docId), passages);
  const rows = sorted.flat();
  const keys = {
    docIds: BigUint64Array.from(rows, ({ docId }) => docId),
    passages: Uint32Array.from(rows, ({ passage }) => passage),
  };
  assert.deepEqual(index.fetch(keys), rows);
  await assertSearched(index, sorted, random);
}

async function assertSearched(index: ShardIndex, sorted: IndexDocument[][], random: Random): Promise<void> {
  const query = vector(random, dim);
  const lists = random.below(2) === 0 ? null : Uint32Array.of(1, 2);
  const expected = sorted
    .flatMap((passages) => {
      const scored = passages
        .filter(({ dense, list }) => dense !== null && (lists === null || lists.includes(list)))
        .map(({ docId, passage, dense }) => ({ docId, passage, score: dot(dense!, query) }));
      return scored.sort((left, right) => right.score - left.score || left.passage - right.passage).slice(0, 1);
    })
    .sort((left, right) => right.score - left.score || Number(left.docId - right.docId));
  const selection = { filter: null, lists };
  const { dense } = await index.scan({ dense: query, sparse: null, k: 8, selection });
  const found = Array.from(dense!.docIds, (docId, at) => ({
    docId,
    passage: dense!.passages[at]!,
    score: dense!.scores[at]!,
  }));
  assert.deepEqual(found, expected.slice(0, 8));
  const scores = await index.score(dense!, { dense: query });
  assert.deepEqual(scores.dense, dense!.scores);
}

describe('passages in an index', () => {
  it(`are those of the newest versions, and replicas agree whatever they did meanwhile (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    await inFolder(async (directory) => {
      const model = new PassageModel();
      const log: RandomRecord[] = [];
      const written: IndexDocument[] = [];
      const plain = await open(join(directory, 'plain'));
      let index = await open(join(directory, 'busy'));
      const catchUp = (): void =>
        log
          .slice(Number(index.applied(subject)))
          .forEach((record) => index.apply(entryAt(subject, index.applied(subject) + 1n), record));
      for (let step = 0; step < 60; step += 1) {
        const record = randomRecord(random, BigInt(log.length + 1), written);
        log.push(record);
        for (const { id, docId } of record.superseded) model.supersede(id, docId);
        for (const passage of record.documents) model.write(passage);
        const pending = random.below(4) === 0 ? index.maintain() : null;
        catchUp();
        plain.apply(entryAt(subject, BigInt(log.length)), record);
        await pending;
        if (random.below(6) === 0) while (await index.maintain());
        if (random.below(10) === 0) await index.seal();
        if (random.below(12) === 0) {
          await index.close();
          index = await open(join(directory, 'busy'));
          catchUp();
        }
        if (step % 3 === 0) assert.equal(index.contentHash(), plain.contentHash());
        if (step % 8 === 0) await assertEqualsModel(index, model, random);
      }
      await assertEqualsModel(index, model, random);
      await assertEqualsModel(plain, model, random);
      assert.deepEqual(await index.verify(), []);
      await Promise.all([index.close(), plain.close()]);
    });
  });

  it('score the words of their document where the primary passage is here', async () => {
    await inFolder(async (directory) => {
      const index = await open(directory);
      const terms = { termIds: Uint32Array.of(3), weights: Float32Array.of(0.5) };
      const document = { ...randomDocument(seededRandom(1), 'a', 5n), terms };
      const elsewhere = randomDocument(seededRandom(2), 'b', 6n);
      index.apply(entryAt(subject, 1n), {
        documents: [document, furtherPassage(document, 1), furtherPassage(elsewhere, 1)],
      });
      const keys = { docIds: BigUint64Array.of(5n, 5n, 6n, 6n), passages: Uint32Array.of(1, 0, 1, 0) };
      const { sparse } = await index.score(keys, {
        sparse: { termIds: Uint32Array.of(3), factors: Float32Array.of(2) },
      });
      assert.deepEqual([...sparse!], [1, 1, NaN, NaN]);
      await index.close();
    });
  });
});

describe('superseded ids', () => {
  it('are remembered through a restart', async () => {
    await inFolder(async (directory) => {
      const random = seededRandom(3);
      const first = await open(directory);
      first.apply(entryAt(subject, 1n, 5_000), { superseded: [{ id: 'a', docId: 9n }] });
      await first.seal();
      await first.close();
      const second = await open(directory);
      second.apply(entryAt(subject, 2n, 6_000), { documents: [randomDocument(random, 'a', 8n)] });
      assert.deepEqual([...second.lookup(['a'])], [0n]);
      second.apply(entryAt(subject, 3n, 5_001 + 600_000), { documents: [randomDocument(random, 'a', 8n)] });
      assert.deepEqual([...second.lookup(['a'])], [8n]);
      await second.seal();
      assert.deepEqual(
        (await readdir(directory)).filter((name) => name.endsWith('.fences')),
        [],
      );
      await second.close();
    });
  });
});
