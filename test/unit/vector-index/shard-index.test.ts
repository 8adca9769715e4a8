import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import { seededRandom, type Random } from '../../../base/random.js';
import type { IndexDocument } from '../../../vector-index/document.js';
import { hashText } from '../../../base/hash.js';
import { ShardIndex } from '../../../vector-index/shard-index.js';
import type { ShardIndexLimits } from '../../../vector-index/shard-index-limits.js';
import {
  codecs,
  codecVersion,
  dim,
  dot,
  entryAt,
  IndexModel,
  plainDocument,
  randomDocument,
  settings,
  tokenDim,
  vector,
} from './fixtures.js';
import { inFolder } from '../../temporary-folder.js';
import { systemFiles } from '../../../vector-index/system-files.js';

const subject = 'shoal.c.1.1';
const seed = Number(process.env['SHOAL_SEED'] ?? 7);

function open(directory: string, limits: Partial<ShardIndexLimits> = {}): Promise<ShardIndex> {
  return ShardIndex.open({ directory, settings, codecs, limits, files: systemFiles, clock: systemClock });
}

/** An index in a directory of its own, closed afterwards. */
function withIndex(
  work: (index: ShardIndex, directory: string) => Promise<void>,
  limits?: Partial<ShardIndexLimits>,
): Promise<void> {
  return inFolder(async (directory) => {
    const index = await open(directory, limits);
    try {
      await work(index, directory);
    } finally {
      await index.close();
    }
  });
}

/** The index holds exactly the model, by every way of reading. */
async function assertEqualsModel(index: ShardIndex, model: IndexModel, random: Random): Promise<void> {
  assert.deepEqual(index.scroll(0n, 10_000), model.sorted);
  const query = vector(random, dim);
  const dense = await index.searchDense(query, 10);
  const expectedDense = model.best(10, (found) => (found.dense === null ? null : dot(found.dense, query)));
  assert.deepEqual({ docIds: [...dense.docIds], scores: [...dense.scores] }, expectedDense);
  const terms = { termIds: Uint32Array.of(3, 11, 20, 38, 99), factors: Float32Array.of(0.5, 1, 0.25, 2, 1) };
  const sparse = await index.searchSparse(terms, 10);
  const sparseScore = (found: IndexDocument): number =>
    terms.termIds.reduce(
      (sum, termId, at) => sum + (found.terms?.weights[found.terms.termIds.indexOf(termId)] ?? 0) * terms.factors[at]!,
      0,
    );
  assert.deepEqual(
    { docIds: [...sparse.docIds], scores: [...sparse.scores] },
    model.best(10, (found) => sparseScore(found) || null),
  );
  const asked = BigUint64Array.from([...model.sorted.map(({ docId }) => docId), 999_999_999n]).reverse();
  const scores = await index.score({ docIds: asked, passages: null }, { dense: query, sparse: terms });
  const byId = new Map(model.sorted.map((found) => [found.docId, found]));
  const wanted = (of: (found: IndexDocument) => number): number[] =>
    Array.from(asked, (docId) => (byId.has(docId) ? of(byId.get(docId)!) : NaN));
  assert.deepEqual(
    [...scores.dense!],
    wanted((found) => (found.dense === null ? NaN : dot(found.dense, query))),
  );
  assert.deepEqual(
    [...scores.sparse!],
    wanted((found) => (found.terms === null ? NaN : sparseScore(found))),
  );
  const statistics = index.statistics(terms.termIds);
  assert.equal(statistics.documents, model.documents.size);
  const frequency = (termId: number): number =>
    model.sorted.filter((found) => found.terms?.termIds.includes(termId)).length;
  assert.deepEqual([...statistics.documentFrequencies], Array.from(terms.termIds, frequency));
  const ids = Array.from({ length: 40 }, (_, at) => `id${at}`);
  assert.deepEqual(
    [...index.lookup(ids)],
    ids.map((id) => model.documents.get(id)?.docId ?? 0n),
  );
}

/** One random record: some documents (docIds at times out of order), some deaths. */
function randomRecord(
  random: Random,
  sequence: bigint,
): { documents: IndexDocument[]; superseded: { id: string; docId: bigint }[] } {
  const ids = new Set(Array.from({ length: random.below(6) }, () => `id${random.below(40)}`));
  const documents = [...ids].map((id, at) => {
    const age = random.below(10) === 0 ? BigInt(random.below(Number(sequence))) : 0n;
    return randomDocument(random, id, (sequence - age) * 4096n + BigInt(at) + age * 7n);
  });
  const superseded = random.below(3) === 0 ? [{ id: `id${random.below(40)}`, docId: sequence * 4096n }] : [];
  return { documents, superseded };
}

describe('an index of a shard', () => {
  it(`equals a map of documents through any series of writes, seals, merges, restarts and crashes (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    await inFolder(async (directory) => {
      const model = new IndexModel();
      const log: ReturnType<typeof randomRecord>[] = [];
      const limits = { mutableBytesMax: 6_000, mergeFanIn: 3 };
      let index = await open(directory, limits);
      const apply = (target: ShardIndex, from: bigint): void =>
        log.slice(Number(from)).forEach((record, at) => target.apply(entryAt(subject, from + BigInt(at) + 1n), record));
      for (let step = 0; step < 100; step += 1) {
        const record = randomRecord(random, BigInt(log.length + 1));
        log.push(record);
        const pending = random.below(4) === 0 ? index.maintain() : null;
        apply(index, index.applied(subject));
        for (const { id, docId } of record.superseded) model.supersede(id, docId);
        for (const found of record.documents) model.upsert(found);
        await pending;
        if (random.below(6) === 0) while (await index.maintain());
        if (random.below(25) === 0) await index.seal();
        if (random.below(25) === 0) {
          await index.close();
          index = await open(directory, limits);
          assert.equal(index.applied(subject), index.durable(subject));
          apply(index, index.applied(subject));
        }
        if (step % 10 === 0) await assertEqualsModel(index, model, random);
      }
      await assertEqualsModel(index, model, random);
      assert.deepEqual(await index.verify(), []);
      await index.close();
    });
  });

  it('answers alike whatever the segment layout', async () => {
    const records = Array.from({ length: 24 }, (_, at) => randomRecord(seededRandom(seed + at), BigInt(at + 1)));
    const answers: unknown[] = [];
    const query = vector(seededRandom(seed), dim);
    const terms = { termIds: Uint32Array.of(1, 5, 9), factors: Float32Array.of(1, 0.7, 0.3) };
    for (const sealEvery of [1000, 10, 1]) {
      await withIndex(async (index) => {
        for (const [at, record] of records.entries()) {
          index.apply(entryAt(subject, BigInt(at + 1)), record);
          if ((at + 1) % sealEvery === 0) await index.seal();
        }
        if (sealEvery === 10) while (await index.maintain());
        const { docIds } = await index.searchDense(query, 1000);
        const scores = await index.score(
          { docIds, passages: null },
          {
            dense: query,
            sparse: terms,
            queryTokens: vector(seededRandom(1), 2 * tokenDim),
            matches: true,
          },
        );
        const { documents, documentFrequencies } = index.statistics(terms.termIds);
        answers.push({
          dense: docIds,
          sparse: await index.searchSparse(terms, 1000),
          scores,
          documents,
          documentFrequencies,
        });
      });
    }
    assert.deepEqual(answers[1], answers[0]);
    assert.deepEqual(answers[2], answers[0]);
  });

  it('ignores a record that it has applied', async () => {
    await withIndex(async (index) => {
      index.apply(entryAt(subject, 5n), { documents: [plainDocument('a', 1n)] });
      index.apply(entryAt(subject, 5n), { documents: [plainDocument('b', 2n)] });
      index.apply(entryAt(subject, 4n), { documents: [plainDocument('b', 2n)] });
      assert.deepEqual([...index.lookup(['a', 'b'])], [1n, 0n]);
    });
  });

  it('lets the larger docId win, whatever the order of arrival', async () => {
    await withIndex(async (index) => {
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 20n)] });
      await index.seal();
      index.apply(entryAt(subject, 2n), { documents: [plainDocument('a', 10n)] });
      assert.deepEqual([...index.lookup(['a'])], [20n]);
    });
  });

  it('removes only versions smaller than the superseding docId', async () => {
    await withIndex(async (index) => {
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 20n)] });
      index.apply(entryAt(subject, 2n), { superseded: [{ id: 'a', docId: 20n }] });
      assert.deepEqual([...index.lookup(['a'])], [20n]);
      index.apply(entryAt(subject, 3n), { superseded: [{ id: 'a', docId: 21n }] });
      assert.deepEqual([...index.lookup(['a'])], [0n]);
    });
  });

  it('changes nothing when a document of a record does not fit', async () => {
    await withIndex(async (index) => {
      const bad = plainDocument('b', 2n, { dense: new Float32Array(dim + 1) });
      assert.throws(() => index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n), bad] }), {
        code: 'INTERNAL',
      });
      assert.equal(index.statistics(new Uint32Array(0)).documents, 0);
      assert.equal(index.applied(subject), 0n);
    });
  });

  it('carries the hash of each id beside its candidates', async () => {
    await withIndex(async (index) => {
      index.apply(entryAt(subject, 1n), {
        documents: [plainDocument('näher', 1n, { dense: new Float32Array(dim).fill(1) })],
      });
      assert.deepEqual([...(await index.searchDense(new Float32Array(dim), 1)).idHashes], [hashText('näher')]);
    });
  });

  it('keeps what was sealed through a crash and says from where the log has to be read again', async () => {
    await withIndex(async (index, directory) => {
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n)] });
      await index.seal();
      index.apply(entryAt(subject, 2n), { documents: [plainDocument('b', 2n)], superseded: [{ id: 'a', docId: 2n }] });
      assert.equal(index.durable(subject), 1n);
      const again = await open(directory);
      assert.equal(again.applied(subject), 1n);
      assert.deepEqual([...again.lookup(['a', 'b'])], [1n, 0n]);
      await again.close();
    });
  });

  it('makes deaths durable without any new document', async () => {
    await withIndex(async (index, directory) => {
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n), plainDocument('b', 2n)] });
      await index.seal();
      index.apply(entryAt(subject, 2n), { superseded: [{ id: 'a', docId: 9n }] });
      await index.seal();
      assert.equal(index.durable(subject), 2n);
      const again = await open(directory);
      assert.deepEqual([...again.lookup(['a', 'b'])], [0n, 2n]);
      await again.close();
    });
  });

  it('goes back to the last manifest when a crash comes before the next one, and removes what it left', async () => {
    await withIndex(async (index, directory) => {
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n)] });
      await index.seal();
      await copyFile(join(directory, 'manifest'), join(directory, 'saved'));
      const files = await readdir(directory);
      index.apply(entryAt(subject, 2n), { documents: [plainDocument('b', 2n)], superseded: [{ id: 'a', docId: 2n }] });
      await index.seal();
      await copyFile(join(directory, 'saved'), join(directory, 'manifest'));
      await writeFile(join(directory, '0000000009.segment.tmp'), 'half a file');
      await writeFile(join(directory, 'manifest.tmp'), 'half a manifest');
      const again = await open(directory);
      assert.deepEqual(again.scroll(0n, 10), [plainDocument('a', 1n)]);
      assert.deepEqual((await readdir(directory)).sort(), files.sort());
      await again.close();
    });
  });

  it('answers a search from the instant at which it began', async () => {
    await withIndex(async (index) => {
      const dense = new Float32Array(dim).fill(1);
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n, { dense })] });
      await index.seal();
      const search = index.searchDense(dense, 5);
      index.apply(entryAt(subject, 2n), {
        documents: [plainDocument('a', 2n, { dense }), plainDocument('b', 3n, { dense })],
      });
      await index.seal();
      assert.deepEqual([...(await search).docIds], [1n]);
    });
  });

  it('seals when the mutable segment is large and merges segments of similar size into one', async () => {
    await withIndex(
      async (index) => {
        for (let sequence = 1n; sequence <= 4n; sequence += 1n) {
          index.apply(entryAt(subject, sequence), {
            documents: [plainDocument(`a${sequence}`, sequence, { text: 'x'.repeat(2000) })],
          });
          assert.equal(await index.maintain(), true);
        }
        while (await index.maintain());
        const { segments, documents, mutableDocuments } = index.statistics(new Uint32Array(0));
        assert.deepEqual({ segments, documents, mutableDocuments }, { segments: 1, documents: 4, mutableDocuments: 0 });
        assert.equal(index.scroll(0n, 9).length, 4);
      },
      { mutableBytesMax: 1000 },
    );
  });

  it('rewrites a segment with many dead rows, and drops one that has no living row', async () => {
    await withIndex(async (index, directory) => {
      index.apply(entryAt(subject, 1n), {
        documents: [plainDocument('a', 1n), plainDocument('b', 2n), plainDocument('c', 3n)],
      });
      await index.seal();
      index.apply(entryAt(subject, 2n), { superseded: [{ id: 'a', docId: 9n }] });
      while (await index.maintain());
      assert.equal(index.statistics(new Uint32Array(0)).tombstones, 0);
      index.apply(entryAt(subject, 3n), { superseded: ['b', 'c'].map((id) => ({ id, docId: 9n })) });
      while (await index.maintain());
      assert.equal(index.statistics(new Uint32Array(0)).segments, 0);
      assert.deepEqual(await readdir(directory), ['0000000006.fences', 'manifest']);
    });
  });

  it('keeps rows dead that died while they were being merged', async () => {
    await withIndex(
      async (index) => {
        for (let sequence = 1n; sequence <= 2n; sequence += 1n) {
          const documents = [0n, 1n, 2n].map((at) => plainDocument(`a${sequence}${at}`, sequence * 10n + at));
          index.apply(entryAt(subject, sequence), { documents });
          await index.seal();
        }
        while (index.statistics(new Uint32Array(0)).segments === 2) {
          const step = index.maintain();
          if (index.lookup(['a10'])[0] !== 0n)
            index.apply(entryAt(subject, 3n), { superseded: [{ id: 'a10', docId: 99n }] });
          await step;
        }
        assert.deepEqual([...index.lookup(['a10', 'a11'])], [0n, 11n]);
        assert.equal(index.scroll(0n, 99).length, 5);
      },
      { mergeFanIn: 2, tombstoneShareMax: 0.9 },
    );
  });

  it('refuses other settings than it was made with', async () => {
    await withIndex(async (_, directory) => {
      const other = ShardIndex.open({
        directory,
        settings: { dim: 8, tokenDim },
        codecs,
        files: systemFiles,
        clock: systemClock,
      });
      await assert.rejects(other, { code: 'FAILED_PRECONDITION', message: /dim 16 .* not dim 8/ });
    });
  });

  it('says which codec is missing', async () => {
    await inFolder(async (directory) => {
      const index = await ShardIndex.open({
        directory,
        settings,
        codecs: () => null,
        files: systemFiles,
        clock: systemClock,
      });
      const tokens = { count: 1, rows: new Uint8Array(6), codec: codecVersion };
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n, { tokens })] });
      const scores = index.score(
        { docIds: BigUint64Array.of(1n), passages: null },
        { queryTokens: new Float32Array(tokenDim) },
      );
      await assert.rejects(scores, { code: 'FAILED_PRECONDITION', message: /codec-a is not loaded/ });
      await index.close();
    });
  });

  it('fails every search once the background check has found a damaged block', async () => {
    await withIndex(async (index, directory) => {
      const tokens = { count: 1, rows: Uint8Array.from([1, 0, 0, 60, 17, 93]), codec: codecVersion };
      const dense = new Float32Array(dim).fill(1 / 3);
      index.apply(entryAt(subject, 1n), { documents: [plainDocument('a', 1n, { dense, tokens })] });
      await index.seal();
      const file = (await readdir(directory)).find((name) => name.endsWith('.segment'))!;
      const bytes = await readFile(join(directory, file));
      const at = bytes.indexOf(Buffer.from(tokens.rows));
      bytes[at + 4]! ^= 1;
      await writeFile(join(directory, file), bytes);
      const again = await open(directory);
      await assert.rejects(again.maintain(), { code: 'DATA_LOSS', message: /block 0 of column token/ });
      await assert.rejects(again.searchDense(dense, 1), { code: 'DATA_LOSS' });
      await again.close();
    });
  });

  it('closes twice without complaint and answers nothing afterwards', async () => {
    await inFolder(async (directory) => {
      const index = await open(directory);
      await index.close();
      await index.close();
      await assert.rejects(index.searchDense(new Float32Array(dim), 1), { code: 'UNAVAILABLE' });
    });
  });
});
