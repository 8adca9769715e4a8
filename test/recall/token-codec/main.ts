/**
 * Which token codec, and which rows of a query: nDCG@10 of MaxSim over the dense top 100, by bytes of a token.
 *
 *   node --import tsx test/recall/token-codec/main.ts [--collection scifact] [--every 2] [--passages 3000]
 *
 * Queries and judgements are those for training; what is chosen here is later measured on others. Codecs are trained on shipped text, as
 * the build of the default model does it. `--every N` takes each Nth document beside the judged ones. About ten minutes on two cores.
 *
 * `--shipped` measures what is shipped instead, against rows of float16: the default model's codec, and its centroids with 1 and 4 bits;
 * by the fast scores alone, and with the best twenty scored exactly as a search does it. Take it with `--split test`.
 *
 * `--pooling 1,2,3` measures token pooling by these factors, on rows of float16 and by the default model's codec, and nothing else.
 *
 * `--json` prints one JSON object instead of lines; `--data` is the folder of the labelled collections.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { present } from '../../../base/assert.js';
import { float32From } from '../../../base/bytes.js';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { seededRandom } from '../../../base/random.js';
import { Scheduler } from '../../../encoder-node/batch/scheduler.js';
import { sequenceShape } from '../../../encoder-node/batch/sequence-shape.js';
import { encode, type EncoderParts } from '../../../encoder-node/encode.js';
import { loadModel } from '../../../encoder-node/model/load-model.js';
import { SessionPool } from '../../../encoder-node/model/session-pool.js';
import {
  maxSimCodes,
  maxSimCodesExact,
  maxSimRows,
  prepareMaxSim,
  toFloat16,
  toFloat32,
  type CodedDocuments,
} from '../../../kernels/kernels.js';
import { trainCodec } from '../../../models/build/codec.js';
import { passagesOf, readGlosses } from '../../../models/build/shipped-text.js';
import { EncodeRequest, InputType, type Encoding } from '../../../proto/generated/shoal/v1/encoder.js';
import { trainScaledBuckets } from '../../../trainer/residual-scales.js';
import { centreRows } from '../../../vector-index/codebook/centred-rows.js';
import { readCodecFile } from '../../../vector-index/codebook/token-codec-file.js';
import { poolTokens } from '../../../vector-index/codebook/pool-tokens.js';
import { TokenCodec, type CodeBits } from '../../../vector-index/codebook/token-codec.js';
import { collectionLines } from '../collection-lines.js';
import { principalProjection, type Projection } from './pca.js';

interface Printed {
  readonly name: string;
  readonly bytesPerToken: number;
  readonly ndcg: number;
}

const dim = 384;
const candidates = 100;

interface Question {
  readonly text: string;
  readonly relevant: ReadonlyMap<string, number>;
}

interface Rows {
  readonly values: Float32Array;
  /** First row of each text, and one past the last. */
  readonly starts: readonly number[];
}

const { values: flags } = parseArgs({
  options: {
    collection: { type: 'string', default: 'scifact' },
    every: { type: 'string', default: '2' },
    passages: { type: 'string', default: '3000' },
    split: { type: 'string', default: 'train' },
    shipped: { type: 'boolean', default: false },
    pooling: { type: 'string' },
    data: { type: 'string', default: '../shared/data' },
    json: { type: 'boolean', default: false },
  },
});

/** What JSON gives at the end. */
const printed: Printed[] = [];

async function main(folder: string, every: number, passages: number): Promise<void> {
  const questions = readQuestions(folder);
  const judged = new Set(questions.flatMap(({ relevant }) => [...relevant.keys()]));
  const documents = readCorpus(folder).filter(({ id }, i) => judged.has(id) || i % every === 0);
  say(`${documents.length} documents, ${questions.length} questions of ${flags.split}`);
  const parts = await openEncoder();
  const encoded = await encodeAll(
    parts,
    documents.map(({ text }) => text),
    InputType.INPUT_TYPE_DOCUMENT,
  );
  const rows = rowsOf(encoded);
  say('documents encoded');
  const asked = questions.map(({ text }) => text);
  const queries = await encodeAll(parts, asked, InputType.INPUT_TYPE_QUERY);
  const tops = queries.map((query) => nearest(floats(query.dense), encoded));
  const judge = (rankings: readonly (readonly number[])[]): number =>
    mean(
      rankings.map((ranking, q) =>
        ndcg(
          ranking.map((d) => present(documents[d], 'a document').id),
          present(questions[q], 'a question').relevant,
        ),
      ),
    );
  print('dense', 0, judge(tops));
  if (flags.pooling !== undefined) {
    await tryPooling(flags.pooling.split(',').map(Number), { rows, queries, tops, judge });
    finish(rows, documents.length, questions.length);
  }
  const behindPrefix = await encodeAll(withTokens(parts, 'after-prefix'), asked, InputType.INPUT_TYPE_QUERY);
  for (const [name, own] of [
    ['rows without prefix', queries],
    ['rows behind prefix', behindPrefix],
  ] as const) {
    const rankings = await rerank(tops, own, async (query, top) =>
      maxSimRows({ rows: query, dim }, rows.values, rowPlaces(rows, top)),
    );
    print(`float32, ${name}`, 4 * dim, judge(rankings));
  }
  const glosses = passagesOf(await readGlosses(), passages, seededRandom(7));
  const training = rowsOf(await encodeAll(parts, glosses, InputType.INPUT_TYPE_DOCUMENT));
  say(`codecs are trained on ${training.values.length / dim} token vectors of shipped text`);
  const given = { training, rows, queries, tops, judge };
  if (flags.shipped) await tryShipped(given);
  else for (const variant of variants) await tryCodec(variant, given);
  finish(rows, documents.length, questions.length);
}

function finish({ values }: Rows, documents: number, questions: number): never {
  const tokensPerDocument = values.length / dim / documents;
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ documents, questions, tokensPerDocument, rows: printed })}\n`);
  process.exit(0);
}

interface Given {
  readonly training: Rows;
  readonly rows: Rows;
  readonly queries: readonly Encoding[];
  readonly tops: readonly (readonly number[])[];
  judge(rankings: readonly (readonly number[])[]): number;
}

/** What a search scores exactly again, for ten hits. */
const exactTop = 20;

async function tryShipped({ training, rows, queries, tops, judge }: Given): Promise<void> {
  const halves = toFloat16(rows.values);
  const ofHalves = await rerank(tops, queries, (query, top) =>
    maxSimRows({ rows: query, dim }, halves, rowPlaces(rows, top)),
  );
  print('float16', 2 * dim, judge(ofHalves));
  const file = readFileSync('models/default/token-codec.bin');
  const shipped = TokenCodec.parse(file);
  const centroids = toFloat32(readCodecFile(file).centroids);
  const directions = centredDirections(training);
  for (const nbits of [1, 2, 4] as const) {
    const codec =
      nbits === shipped.nbits
        ? shipped
        : TokenCodec.create({ dim, nbits, centroids, ...trainScaledBuckets(directions, centroids, { dim, nbits }) });
    const record = documentRecords(rows, (some) => codec.encode(some));
    const placesOf = (top: readonly number[]): CodedDocuments => ({
      offsets: BigUint64Array.from(top, (d) => BigInt(record.offsets[d] ?? 0)),
      counts: Uint32Array.from(top, (d) => countOf(rows, d)),
    });
    const fast = await rerank(tops, queries, (query, top) =>
      maxSimCodes(prepareMaxSim(codec, query), record.bytes, placesOf(top)),
    );
    const best = await rerank(
      fast.map((ranking) => ranking.slice(0, exactTop)),
      queries,
      (query, top) => maxSimCodesExact(prepareMaxSim(codec, query), record.bytes, placesOf(top)),
    );
    const perToken = record.bytes.length / (rows.values.length / dim);
    print(`${nbits}-bit, fast`, perToken, judge(fast));
    print(`${nbits}-bit, best ${exactTop} exactly`, perToken, judge(best));
  }
}

/** Rows of each text without their mean, to unit length. */
function centredDirections({ values, starts }: Rows): Float32Array {
  const directions = new Float32Array(values.length);
  for (const [text, start] of starts.slice(0, -1).entries()) {
    const own = values.subarray(start * dim, present(starts[text + 1], 'an end') * dim);
    if (own.length > 0) directions.set(centreRows(own, dim).directions, start * dim);
  }
  return directions;
}

async function tryPooling(
  factors: readonly number[],
  { rows, queries, tops, judge }: Omit<Given, 'training'>,
): Promise<void> {
  const codec = TokenCodec.parse(readFileSync('models/default/token-codec.bin'));
  for (const factor of factors) {
    const pooled = pooledRows(rows, factor);
    const halves = toFloat16(pooled.values);
    const ofHalves = await rerank(tops, queries, (query, top) =>
      maxSimRows({ rows: query, dim }, halves, rowPlaces(pooled, top)),
    );
    const record = documentRecords(pooled, (some) => codec.encode(some));
    const ofCodes = await rerank(tops, queries, (query, top) =>
      maxSimCodesExact(prepareMaxSim(codec, query), record.bytes, {
        offsets: BigUint64Array.from(top, (d) => BigInt(record.offsets[d] ?? 0)),
        counts: Uint32Array.from(top, (d) => countOf(pooled, d)),
      }),
    );
    const share = pooled.values.length / rows.values.length;
    const name = `pooling ${factor} (${(100 * share).toFixed(1)} % of the rows)`;
    print(`${name}, float16`, 2 * dim * share, judge(ofHalves));
    const perToken = record.bytes.length / (rows.values.length / dim);
    print(`${name}, ${codec.nbits}-bit`, perToken, judge(ofCodes));
  }
}

function pooledRows(rows: Rows, factor: number): Rows {
  const parts = rows.starts
    .slice(0, -1)
    .map((start, d) =>
      poolTokens(rows.values.subarray(start * dim, present(rows.starts[d + 1], 'an end') * dim), dim, factor),
    );
  let at = 0;
  const starts = [0, ...parts.map((part) => (at += part.length / dim))];
  const values = new Float32Array(at * dim);
  parts.forEach((part, d) => values.set(part, present(starts[d], 'a start') * dim));
  return { values, starts };
}

interface Variant {
  readonly projectTo: number | null;
  readonly centroids: number;
  readonly nbits: CodeBits;
}

const variants: readonly Variant[] = [
  ...[256, 512, 1024, 2048].map((centroids) => ({ projectTo: null, centroids, nbits: 2 as const })),
  { projectTo: null, centroids: 1024, nbits: 1 },
  { projectTo: null, centroids: 1024, nbits: 4 },
  ...[128, 192, 256].map((projectTo) => ({ projectTo, centroids: 1024, nbits: 2 as const })),
];

async function tryCodec({ projectTo, centroids, nbits }: Variant, given: Given): Promise<void> {
  const projection: Projection =
    projectTo === null
      ? { dim, apply: (rows) => rows }
      : principalProjection(given.training.values.subarray(0, 50_000 * dim), dim, projectTo);
  const training = projection.apply(given.training.values);
  const codec = trainCodec(training, {
    dim: projection.dim,
    counts: given.training.starts.slice(0, -1).map((_, text) => countOf(given.training, text)),
    centroids,
    nbits,
    iterations: 8,
    seed: 7,
    onProgress: () => undefined,
  });
  const startMs = systemClock.monotonicMs();
  const record = documentRecords(given.rows, (rows) => codec.encode(projection.apply(rows)));
  const encodeMs = systemClock.monotonicMs() - startMs;
  const rankings = await rerank(given.tops, given.queries, (query, top) =>
    maxSimCodesExact(prepareMaxSim(codec, projection.apply(query)), record.bytes, {
      offsets: BigUint64Array.from(top, (d) => BigInt(record.offsets[d] ?? 0)),
      counts: Uint32Array.from(top, (d) => countOf(given.rows, d)),
    }),
  );
  const name = `${projectTo === null ? 'raw 384-d' : `PCA ${projectTo}-d`}, K ${centroids}, ${nbits}-bit`;
  const perDocument = encodeMs / (given.rows.starts.length - 1);
  const perToken = record.bytes.length / (given.rows.values.length / dim);
  print(`${name} (${perDocument.toFixed(2)} ms a document)`, perToken, given.judge(rankings));
}

function documentRecords(
  rows: Rows,
  encodeRows: (rows: Float32Array) => Uint8Array,
): { bytes: Uint8Array; offsets: number[] } {
  const records = rows.starts
    .slice(0, -1)
    .map((start, d) => encodeRows(rows.values.subarray(start * dim, present(rows.starts[d + 1], 'an end') * dim)));
  let at = 0;
  const offsets = records.map((record) => (at += record.length) - record.length);
  return { bytes: Buffer.concat(records), offsets };
}

async function rerank(
  tops: readonly (readonly number[])[],
  queries: readonly Encoding[],
  score: (query: Float32Array, top: readonly number[]) => Promise<Float32Array>,
): Promise<number[][]> {
  const rankings: number[][] = [];
  for (const [q, top] of tops.entries()) {
    const scores = await score(floats(present(queries[q]?.tokens, 'token vectors').rows), top);
    rankings.push(sortedByScore(top, scores));
  }
  return rankings;
}

function sortedByScore(documents: readonly number[], scores: Float32Array): number[] {
  const order = documents
    .map((_, i) => i)
    .sort((a, b) => present(scores[b], 'a score') - present(scores[a], 'a score') || a - b);
  return order.map((i) => present(documents[i], 'a document'));
}

function nearest(query: Float32Array, documents: readonly Encoding[]): number[] {
  const scores = Float32Array.from(documents, ({ dense }) => {
    const values = floats(dense);
    return query.reduce((sum, value, j) => sum + value * (values[j] ?? 0), 0);
  });
  return sortedByScore(
    documents.map((_, d) => d),
    scores,
  ).slice(0, candidates);
}

async function openEncoder(): Promise<EncoderParts> {
  const loaded = await loadModel('models/default');
  // Without its codec the model gives rows as they are.
  const model = { ...loaded, codec: null, codecTables: new Uint8Array(0) };
  const pool = await SessionPool.start({ ...model, executionProvider: 'cpu', intraOpThreads: 1 }, 2);
  const policy = { sequencesMax: 16, tokensMax: 256, paddingMax: 1.1 };
  const scheduler = new Scheduler({ slot: () => pool.slot(), policy, queueMax: 4096, clock: systemClock });
  return { model, shape: sequenceShape(model), scheduler };
}

function withTokens(parts: EncoderParts, tokens: 'after-prefix' | 'without-prefix'): EncoderParts {
  const { manifest } = parts.shape;
  return { ...parts, shape: { ...parts.shape, manifest: { ...manifest, query: { ...manifest.query, tokens } } } };
}

async function encodeAll(parts: EncoderParts, texts: readonly string[], inputType: InputType): Promise<Encoding[]> {
  const encodings: Encoding[] = [];
  const deadline = Deadline.after(systemClock, 3_600_000);
  for (let start = 0; start < texts.length; start += 256) {
    const some = texts.slice(start, start + 256).map((text) => ({ title: '', text }));
    const request = EncodeRequest.fromPartial({ inputType, texts: some, dense: true, multi: true });
    encodings.push(...(await encode(request, parts, deadline)).encodings);
  }
  deadline.close();
  return encodings;
}

function rowsOf(encodings: readonly Encoding[]): Rows {
  const starts = [0];
  for (const { tokens } of encodings) starts.push(present(starts.at(-1), 'a start') + (tokens?.count ?? 0));
  const values = new Float32Array(present(starts.at(-1), 'an end') * dim);
  encodings.forEach(({ tokens }, i) =>
    values.set(floats(present(tokens, 'token vectors').rows), present(starts[i], 'a start') * dim),
  );
  return { values, starts };
}

function countOf({ starts }: Rows, document: number): number {
  return present(starts[document + 1], 'an end') - present(starts[document], 'a start');
}

function rowPlaces(rows: Rows, top: readonly number[]): { offsets: Float64Array; counts: Uint32Array } {
  return {
    offsets: Float64Array.from(top, (d) => rows.starts[d] ?? 0),
    counts: Uint32Array.from(top, (d) => countOf(rows, d)),
  };
}

function floats(bytes: Uint8Array): Float32Array {
  return float32From(bytes, 'a vector');
}

function readCorpus(folder: string): { id: string; text: string }[] {
  return collectionLines(join(folder, 'corpus.jsonl')).map((line) => {
    const { _id: id, title, text } = JSON.parse(line) as { _id: string; title: string; text: string };
    return { id, text: title === '' ? text : `${title} ${text}` };
  });
}

function readQuestions(folder: string): Question[] {
  const texts = new Map(
    collectionLines(join(folder, 'queries.jsonl'))
      .map((line) => JSON.parse(line) as { _id: string; text: string })
      .map((q) => [q._id, q.text]),
  );
  const relevant = new Map<string, Map<string, number>>();
  for (const line of collectionLines(join(folder, 'qrels', `${flags.split}.tsv`)).slice(1)) {
    const [query = '', document = '', score = ''] = line.split('\t');
    relevant.set(query, (relevant.get(query) ?? new Map<string, number>()).set(document, Number(score)));
  }
  return [...relevant].map(([id, own]) => ({ text: present(texts.get(id), 'a query'), relevant: own }));
}

function ndcg(ranking: readonly string[], relevant: ReadonlyMap<string, number>): number {
  const gains = (values: readonly number[]): number =>
    values.slice(0, 10).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const ideal = gains([...relevant.values()].sort((a, b) => b - a));
  return gains(ranking.map((id) => relevant.get(id) ?? 0)) / ideal;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function print(name: string, bytes: number, score: number): void {
  if (flags.json) return void printed.push({ name, bytesPerToken: bytes, ndcg: score });
  process.stdout.write(`${name.padEnd(52)} ${bytes.toFixed(0).padStart(5)} B a token   nDCG@10 ${score.toFixed(4)}\n`);
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}

await main(join(flags.data, flags.collection), Number(flags.every), Number(flags.passages));
