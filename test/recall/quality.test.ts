/** How good are the answers? Labelled collections in a whole cluster, against floors and against ranking without an index. */
import assert from 'node:assert/strict';
import { float32From, uint32From } from '../../base/bytes.js';
import { readBeirQuestions, type BeirQuestions } from '../../client/cli/eval/beir.js';
import { evaluate } from '../../client/cli/eval/evaluate.js';
import { qualityOf, type Quality } from '../../client/cli/eval/metrics.js';
import type { StoredDocument } from '../../client/sdk/types.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { corpusDocuments, datasetFolder, missingDataset } from '../datasets.js';
import { connectEncoder, type EncodedQuery, type EncoderCalls } from '../encoder-calls.js';
import { modelTokenizer } from '../model-tokenizer.js';
import { skipBecause } from '../skip.js';
import { openTemporaryCollection, type TemporaryCollection } from '../temporary-collection.js';
import {
  corpusOf,
  decodedTokens,
  maxSimPlain,
  modes,
  rankAll,
  weighedQuery,
  type CorpusParts,
  type Mode,
} from './brute-force.js';

const minutes = 60_000;
const textsPerRequest = 32;
const diskBytesPerDocumentMax = 32_000;

interface Labelled extends TemporaryCollection {
  readonly questions: BeirQuestions;
}

/** The labelled collection `name`, in a cluster of its own for the tests of the suite that calls this. */
function withCollection(name: string): () => Labelled {
  const state: { opened: Labelled | null } = { opened: null };
  before(async function () {
    this.timeout(15 * minutes);
    const folder = datasetFolder(name) ?? skipBecause(this, missingDataset(name));
    const questions = await readBeirQuestions(folder, 'test');
    state.opened = { ...(await openTemporaryCollection(corpusDocuments(folder))), questions };
  });
  after(async function () {
    this.timeout(minutes);
    await state.opened?.close();
  });
  return () => state.opened ?? assert.fail('the collection is open inside tests only');
}

/** The quality of every mode; they take turns, so that encoder and shard both have something to do. */
async function measure({ client, collection, questions }: Labelled): Promise<ReadonlyMap<Mode, Quality>> {
  const one = async (mode: Mode): Promise<[Mode, Quality]> => [
    mode,
    await evaluate(client, { collection, mode, questions, onProgress: () => undefined }),
  ];
  return new Map(await Promise.all(modes.map(one)));
}

/** What the encoder's sparse head says of the terms of each of `documents`, by id and term. */
async function scalesOf(
  documents: readonly StoredDocument[],
  calls: EncoderCalls,
): Promise<Map<string, Map<number, number>>> {
  const scales = new Map<string, Map<number, number>>();
  for (let from = 0; from < documents.length; from += textsPerRequest) {
    const some = documents.slice(from, from + textsPerRequest);
    const { encodings } = await calls.documents(some.map(({ title = '', text = '' }) => ({ title, text })));
    some.forEach(({ id }, i) => {
      const { sparse, termScales } = encodings[i]!;
      const own = float32From(termScales, 'scales');
      const termIds = uint32From(sparse!.termIds, 'terms');
      scales.set(id, new Map(Array.from(termIds, (term, at) => [term, own[at]!] as const)));
    });
  }
  return scales;
}

describe('on SciFact', () => {
  const opened = withCollection('scifact');
  const floors = { dense: 0.69, sparse: 0.68, multi: 0.7, hybrid: 0.725 };
  let measured: ReadonlyMap<Mode, Quality>;

  before(async function () {
    this.timeout(10 * minutes);
    measured = await measure(opened());
  });

  for (const mode of modes) {
    it(`mode ${mode} reaches an nDCG@10 of ${floors[mode]}`, () => {
      const { ndcgAt10 } = measured.get(mode)!;
      assert.ok(ndcgAt10 >= floors[mode], `nDCG@10 is ${ndcgAt10.toFixed(4)}`);
    });
  }

  it('a sealed document takes at most 32 kB of disk', () => {
    const { diskBytes, documents } = opened();
    assert.ok(diskBytes <= diskBytesPerDocumentMax * documents, `${(diskBytes / documents).toFixed(0)} bytes each`);
  });
});

describe('on Cranfield', () => {
  const opened = withCollection('cranfield');
  let parts: CorpusParts;
  let exported: StoredDocument[];
  let queries: ReadonlyMap<string, EncodedQuery>;
  let measured: ReadonlyMap<Mode, Quality>;
  const reference = new Map<Mode, Map<string, string[]>>(modes.map((mode) => [mode, new Map<string, string[]>()]));

  before(async function () {
    this.timeout(10 * minutes);
    const { client, collection, encoder, questions } = opened();
    measured = await measure(opened());
    exported = [];
    for await (const stored of client.documents.scroll(collection, { withVectors: true })) exported.push(stored);
    const calls = connectEncoder(encoder);
    const codec = TokenCodec.parse((await calls.info()).tokenCodecTables);
    const scales = await scalesOf(exported, calls);
    const encoded = new Map<string, EncodedQuery>();
    for (const [id, text] of questions.queries) encoded.set(id, await calls.query(text));
    calls.close();
    queries = encoded;
    const { bm25AverageLength } = await client.collections.describe(collection);
    parts = { tokenizer: modelTokenizer(), codec, averageLength: bm25AverageLength, scales };
    const corpus = corpusOf(exported, parts);
    for (const [id, query] of queries) {
      const rankings = await rankAll(corpus, query);
      for (const mode of modes) reference.get(mode)?.set(id, rankings[mode]);
    }
  });

  it('everything that was imported is exported', () => {
    assert.equal(exported.length, opened().documents);
    assert.equal(new Set(exported.map(({ id }) => id)).size, exported.length);
  });

  it('the reference of MaxSim agrees with plain loops', async () => {
    const [query] = queries.values();
    assert.ok(query !== undefined);
    const some = exported.filter((_, i) => i % 97 === 0);
    const corpus = corpusOf(some, parts);
    const weighed = weighedQuery(corpus, query);
    const byLoops = new Map(
      some.map((document) => [document.id, maxSimPlain(weighed, decodedTokens(document, parts.codec))]),
    );
    const order = [...byLoops].sort((left, right) => right[1] - left[1]).map(([id]) => id);
    const { multi } = await rankAll(corpus, query);
    assert.deepEqual(multi, order);
  });

  for (const mode of modes) {
    it(`mode ${mode} has the nDCG@10 of ranking without an index, to four digits`, () => {
      const quality = measured.get(mode)!;
      const expected = qualityOf(reference.get(mode) ?? new Map(), opened().questions.judged);
      assert.ok(
        Math.abs(quality.ndcgAt10 - expected.ndcgAt10) < 0.00005,
        `nDCG@10 is ${quality.ndcgAt10.toFixed(6)}, without an index ${expected.ndcgAt10.toFixed(6)}`,
      );
      if (mode === 'hybrid') assert.ok(quality.ndcgAt10 >= 0.47, `nDCG@10 is ${quality.ndcgAt10.toFixed(4)}`);
    });
  }
});
