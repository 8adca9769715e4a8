/**
 * What labels are worth to a code: MRR@10 of the first code alone, before and after learning, over that of the dense vectors.
 *
 *   node --import tsx test/recall/jpq/main.ts [--folder ../shared/data/scifact] [--splits 5] [--dsub 4]
 *
 * Judged queries of train and test together, in as many parts as splits; each part is asked once, by parameters learned from the others:
 * Distill-VQ without labels, then JPQ with them, which hold out some of their own queries to know when to stop. Words of four dimensions make
 * codes of 48 bytes for 384 floats, 1/32 of them as the paper counts, 52 bytes with their factors; `--dsub 5` takes 44 with factors. The
 * collection is encoded with the default model, a few minutes on two cores, unless `--documents FILE.npy --queries FILE.npy` have the vectors of
 * corpus.jsonl and queries.jsonl; where such a file is named and not there, it is made. `--json` prints one JSON object, with the course of every training.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '../../../base/clock.js';
import { seededRandom } from '../../../base/random.js';
import { scoreDense, toFloat16, topK } from '../../../kernels/kernels.js';
import { CodedDocuments } from '../../../trainer/learned/coded-documents.js';
import { distillVq } from '../../../trainer/learned/distill-vq.js';
import { firstCodeRecall, heldOutQueries } from '../../../trainer/learned/first-code-recall.js';
import type { FitProgress } from '../../../trainer/learned/fit-state.js';
import { jpq } from '../../../trainer/learned/jpq.js';
import { meanRank, reciprocalRanks, type LabelledQueries } from '../../../trainer/learned/label-rank.js';
import { startingParameters } from '../../../trainer/learned/scan-parameters.js';
import { gatherRows, shuffledRows } from '../../../trainer/rows.js';
import { trainStructure } from '../../../trainer/structure/train-structure.js';
import type { LearnedParameters } from '../../../vector-index/codebook/learned-parameters.js';
import type { ListStructure } from '../../../vector-index/codebook/list-structure.js';
import { atAnchorLength } from '../../../vector-index/lists/query-length.js';
import { collectionLines } from '../collection-lines.js';
import { encodeTexts, loadDefaultModel, type InputKind } from '../../bench/support/ann/encode-texts.js';
import { narrowCodebook } from '../../bench/support/ann/narrow-codebook.js';
import { readFloatRows, writeFloatRows, type FloatRows } from '../../bench/support/ann/npy-file.js';

const vectorsPerList = 80;
/** Of Distill-VQ: the collection is small. */
const distillSteps = 120;
const seed = 11;

const { values: flags } = parseArgs({
  options: {
    folder: { type: 'string', default: '../shared/data/scifact' },
    splits: { type: 'string', default: '5' },
    dsub: { type: 'string', default: '4' },
    documents: { type: 'string', default: '' },
    queries: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

interface Collection {
  readonly documents: FloatRows;
  /** float32[n, dim] of the judged queries, with rows of the documents that are relevant to each. */
  readonly queries: Float32Array;
  readonly relevant: readonly Uint32Array[];
}

interface Figures {
  readonly mrr: number;
  readonly at10: number;
}

async function main(): Promise<void> {
  const collection = await readCollection(flags.folder);
  const structure = structureOf(collection, Number(flags.dsub));
  const { subquantizers } = structure.codebook;
  const bytes = 2 * Math.ceil(subquantizers / 4) + 4;
  say(
    `${collection.documents.count} documents of ${bytes} bytes, ${collection.relevant.length} judged queries, seed ${seed}`,
  );
  const splits = Number(flags.splits);
  const order = shuffledRows(collection.relevant.length, seededRandom(seed));
  const ratios: number[][] = [];
  const found: SplitFindings[] = [];
  for (let split = 0; split < splits; split++) {
    const asked = order.filter((_, at) => at % splits === split);
    const others = order.filter((_, at) => at % splits !== split);
    found.push(splitFindings(collection, structure, { asked, others, random: seededRandom(seed + split) }));
    const { figures } = found.at(-1)!;
    const dense = figures[0]![1].mrr;
    ratios.push(figures.map(([, { mrr }]) => mrr / dense));
    for (const [name, { mrr, at10 }] of figures)
      report(
        `split ${split + 1}  ${name.padEnd(12)} MRR@10 ${mrr.toFixed(4)}  of dense ${(mrr / dense).toFixed(4)}  R10@10 ${at10.toFixed(4)}`,
      );
  }
  const means = ratios[0]!.map((_, at) => ratios.reduce((sum, own) => sum + own[at]!, 0) / splits);
  report(
    `mean of ${splits}: code ${means[1]!.toFixed(4)}, Distill-VQ ${means[2]!.toFixed(4)}, JPQ ${means[3]!.toFixed(4)} of dense`,
  );
  const queries = collection.relevant.length;
  if (flags.json)
    print(
      JSON.stringify({ documents: collection.documents.count, queries, bytes, seed, splits: found, ofDense: means }),
    );
}

/** A line for people: beside the JSON on standard error. */
function report(line: string): void {
  if (flags.json) say(line);
  else print(line);
}

interface SplitFindings {
  readonly figures: readonly (readonly [string, Figures])[];
  /** What the queries that choose when to stop said in the course of JPQ. */
  readonly course: readonly FitProgress[];
}

interface Split {
  readonly asked: Uint32Array;
  readonly others: Uint32Array;
  readonly random: ReturnType<typeof seededRandom>;
}

function splitFindings(
  collection: Collection,
  structure: ListStructure,
  { asked, others, random }: Split,
): SplitFindings {
  const { documents, queries, relevant } = collection;
  const { dim, values: vectors } = documents;
  const labels = (numbers: Uint32Array): Uint32Array[] => Array.from(numbers, (number) => relevant[number]!);
  const rows = gatherRows(queries, dim, others);
  const distilled = distillVq({ structure, vectors, queries: rows }, { random, steps: distillSteps }).parameters;
  const learned = jpq(
    { structure, vectors, queries: rows, relevant: labels(others), from: distilled },
    {
      random,
      onProgress: ({ share, loss, score }) =>
        say(`JPQ ${Math.round(100 * share)} %, loss ${loss.toFixed(4)}, ${score.toFixed(4)}`),
    },
  );
  say(`JPQ ${JSON.stringify([learned.before, learned.after])}`);
  const test = { rows: gatherRows(queries, dim, asked), relevant: labels(asked) };
  const measure = (parameters: LearnedParameters | null): Figures => measured(collection, structure, test, parameters);
  const figures: [string, Figures][] = [
    ['dense', { mrr: denseRank(documents, test), at10: 1 }],
    ['code', measure(null)],
    ['Distill-VQ', measure(distilled)],
    ['JPQ', measure(learned.parameters ?? distilled)],
  ];
  return { figures, course: learned.curve };
}

function measured(
  { documents }: Collection,
  structure: ListStructure,
  { rows, relevant }: LabelledQueries,
  from: LearnedParameters | null,
): Figures {
  const { dim, values } = documents;
  const taught = { structure, documents: new CodedDocuments(structure, values) };
  const parameters = startingParameters(structure, { hasAdapter: false, hasBiases: false, from });
  const asked = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at += dim)
    asked.set(atAnchorLength(rows.subarray(at, at + dim), structure.codebook), at);
  const held = heldOutQueries(taught, { rows: asked, selves: null });
  const { at10 } = firstCodeRecall(taught, held, parameters);
  return { mrr: meanRank(reciprocalRanks(taught, { rows: asked, relevant }, parameters)), at10 };
}

function denseRank({ dim, count, values }: FloatRows, { rows, relevant }: LabelledQueries): number {
  const halves = toFloat16(values);
  const every = Uint32Array.from({ length: count }, (_, row) => row);
  const sum = relevant.reduce((total, own, query) => {
    const scores = scoreDense(halves, dim, rows.subarray(query * dim, (query + 1) * dim), every);
    const rank = topK(scores, null, 10, -Infinity).rows.findIndex((row) => own.includes(row));
    return total + (rank < 0 ? 0 : 1 / (rank + 1));
  }, 0);
  return sum / relevant.length;
}

/** Lists and codes of the documents alone: no query has a part in them. */
function structureOf({ documents: { dim, count, values } }: Collection, dsub: number): ListStructure {
  const lists = 2 ** Math.round(Math.log2(count / vectorsPerList));
  const random = seededRandom(seed);
  const { structure, codebook } = trainStructure({ dim, vectors: values, queries: null }, { lists, random });
  if (dsub === codebook.dsub) return { version: 1, structure, codebook };
  return { version: 1, structure, codebook: narrowCodebook(structure, codebook, values, dsub) };
}

async function readCollection(folder: string): Promise<Collection> {
  const corpus = collectionLines(join(folder, 'corpus.jsonl')).map(
    (line) => JSON.parse(line) as { _id: string; title: string; text: string },
  );
  const asked = collectionLines(join(folder, 'queries.jsonl')).map(
    (line) => JSON.parse(line) as { _id: string; text: string },
  );
  const texts = corpus.map(({ title, text }) => (title === '' ? text : `${title} ${text}`));
  const documents = await vectorsOf(flags.documents, texts, 'document');
  const all = await vectorsOf(
    flags.queries,
    asked.map(({ text }) => text),
    'query',
  );
  const rowOf = new Map(corpus.map(({ _id }, row) => [_id, row]));
  const judged = readJudgements(folder);
  const numbers = Uint32Array.from(asked.keys()).filter((query) => judged.has(asked[query]!._id));
  const relevant = Array.from(numbers, (query) =>
    Uint32Array.from(judged.get(asked[query]!._id)!.flatMap((id) => rowOf.get(id) ?? [])),
  );
  return { documents, queries: gatherRows(all.values, all.dim, numbers), relevant };
}

/** Those of the file at `path`; made now where there is none, and kept there where it has a name. */
async function vectorsOf(path: string, texts: readonly string[], kind: InputKind): Promise<FloatRows> {
  const isThere = path !== '' && existsSync(path);
  const rows = isThere
    ? await readFloatRows(path)
    : await encodeTexts(await loadDefaultModel(), texts, kind, { threads: 2, clock: systemClock, progress: say });
  if (rows.count !== texts.length) throw new Error(`${path} has ${rows.count} rows for ${texts.length} texts`);
  if (path !== '' && !isThere) await writeFloatRows(path, [rows.count, rows.dim], [rows.values]);
  return rows;
}

/** Ids of the documents that are relevant to each query, by its id. */
function readJudgements(folder: string): Map<string, string[]> {
  const judged = new Map<string, string[]>();
  for (const split of ['train', 'test']) {
    if (!existsSync(join(folder, 'qrels', `${split}.tsv`))) continue;
    for (const line of collectionLines(join(folder, 'qrels', `${split}.tsv`)).slice(1)) {
      const [query = '', document = '', score = ''] = line.split('\t');
      if (Number(score) > 0) judged.set(query, [...(judged.get(query) ?? []), document]);
    }
  }
  return judged;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0)} s  ${line}\n`);
}

await main();
