/**
 * fast-plaid beside Shoal's MaxSim. Both code the same token rows, each by the codec that it trains, and score the same documents for the same
 * questions, one thread each, in turn; the peer does so by a search within those documents, which has to probe its lists first.
 *
 * Token rows lie around directions that they share, as those of a language do. docsPerMsRandom = documents scored a millisecond, over the best time of every
 * question; inCommon = what of the ten best by float32 rows is among its own ten best.
 */
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import { maxSimCodes, maxSimRows, prepareMaxSim } from '../../../kernels/kernels.js';
import { trainCodec } from '../../../models/build/codec.js';
import type { CodeBits } from '../../../vector-index/codebook/token-codec.js';
import type { BenchmarkContext } from '../benchmark.js';
import { normalRows } from '../measure.js';
import { writeFloatRows } from './ann/npy-file.js';
import { installPeers, PeerProcess } from './ann/peer-process.js';

export interface MaxSimPeerSizes {
  readonly dim: number;
  readonly tokens: number;
  readonly queryTokens: number;
  readonly centroids: number;
  readonly documents: number;
  /** Documents that a question is about to be scored with. */
  readonly candidates: number;
  readonly queries: number;
  readonly repetitions: number;
}

interface Question {
  /** float32[queryTokens, dim] */
  readonly rows: Float32Array;
  /** Document numbers, ascending. */
  readonly candidates: Uint32Array;
}

interface Answer {
  /** Candidates that were scored. */
  readonly scored: number;
  /** The ten best of them. */
  readonly best: readonly number[];
  readonly milliseconds: number;
}

interface Arm {
  readonly system: string;
  readonly bits: number;
  readonly bytesPerToken: number;
  ask(number: number): Promise<Answer>;
}

interface Data {
  /** float32[documents × tokens, dim] */
  readonly documents: Float32Array;
  readonly questions: readonly Question[];
}

export const maxSimPeer = 'fast-plaid';
const bits: CodeBits = 2;
const best = 10;
const directions = 2_048;
/** Length of what a row has beyond its direction and its document's. */
const noise = 0.7;
const share = 0.5;

/** Rows of both sides; none where the peer is absent, and that is told. Files are put into `folder`. */
export async function besidePeer(
  context: BenchmarkContext,
  sizes: MaxSimPeerSizes,
  folder: string,
): Promise<Record<string, unknown>[]> {
  const { python, absent } = installPeers([maxSimPeer]);
  const why = absent.get(maxSimPeer);
  if (why !== undefined) {
    context.progress(`${maxSimPeer} is absent: ${why}`);
    return [];
  }
  const data = dataOf(sizes);
  const peer = new PeerProcess(python, maxSimPeer);
  try {
    const arms = [rowArm(context, sizes, data), codeArm(context, sizes, data)];
    context.progress(`${maxSimPeer} makes its index of ${sizes.documents} documents: minutes`);
    arms.push(await peerArm(peer, sizes, data, folder));
    return await measure(context, sizes, data, arms);
  } finally {
    peer.close();
  }
}

async function measure(
  { progress }: BenchmarkContext,
  { dim, repetitions }: MaxSimPeerSizes,
  { questions }: Data,
  arms: readonly Arm[],
): Promise<Record<string, unknown>[]> {
  const answers = arms.map(() => new Array<Answer | undefined>(questions.length));
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const number of questions.keys()) {
      for (const [at, arm] of arms.entries()) {
        const [known, answer] = [answers[at]![number], await arm.ask(number)];
        if (known === undefined || answer.milliseconds < known.milliseconds) answers[at]![number] = answer;
      }
    }
    progress(`beside ${maxSimPeer}: repetition ${repetition + 1} of ${repetitions}`);
  }
  const right = answers[0]!;
  return arms.map(({ system, bits: armBits, bytesPerToken }, at) => {
    const own = answers[at]!;
    const sum = (of: (answer: Answer) => number): number => own.reduce((total, answer) => total + of(answer!), 0);
    const common = own.map((answer, i) => answer!.best.filter((one) => right[i]!.best.includes(one)).length / best);
    return {
      system,
      bits: armBits,
      dim,
      bytesPerToken,
      docsPerMsRandom: sum(({ scored }) => scored) / sum(({ milliseconds }) => milliseconds),
      inCommon: common.reduce((total, one) => total + one, 0) / common.length,
    };
  });
}

function rowArm({ clock }: BenchmarkContext, { dim, tokens }: MaxSimPeerSizes, { documents, questions }: Data): Arm {
  return {
    system: 'shoal-rows, same data',
    bits: 32,
    bytesPerToken: 4 * dim,
    async ask(number) {
      const { rows, candidates } = questions[number]!;
      const begin = clock.monotonicMs();
      const offsets = BigUint64Array.from(candidates, (document) => BigInt(document * tokens));
      const counts = new Uint32Array(candidates.length).fill(tokens);
      const scores = await maxSimRows({ rows, dim }, documents, { offsets, counts });
      return { ...bestOf(candidates, scores), milliseconds: clock.monotonicMs() - begin };
    },
  };
}

function codeArm(context: BenchmarkContext, sizes: MaxSimPeerSizes, { documents, questions }: Data): Arm {
  const { dim, tokens, centroids } = sizes;
  const codec = trainCodec(documents, {
    dim,
    counts: new Array<number>(sizes.documents).fill(tokens),
    centroids,
    nbits: bits,
    iterations: 4,
    seed: 1,
    onProgress: (line) => context.progress(line),
  });
  const size = codec.recordBytes(tokens);
  const column = new Uint8Array(size * sizes.documents);
  for (let document = 0; document < sizes.documents; document += 1) {
    const from = document * tokens * dim;
    column.set(codec.encode(documents.subarray(from, from + tokens * dim)), document * size);
  }
  return {
    system: 'shoal-codes, same data',
    bits,
    bytesPerToken: size / tokens,
    async ask(number) {
      const { rows, candidates } = questions[number]!;
      const begin = context.clock.monotonicMs();
      const offsets = BigUint64Array.from(candidates, (document) => BigInt(document * size));
      const counts = new Uint32Array(candidates.length).fill(tokens);
      const scores = await maxSimCodes(prepareMaxSim(codec, rows), column, { offsets, counts });
      return { ...bestOf(candidates, scores), milliseconds: context.clock.monotonicMs() - begin };
    },
  };
}

async function peerArm(peer: PeerProcess, sizes: MaxSimPeerSizes, data: Data, folder: string): Promise<Arm> {
  const { dim, tokens, queryTokens } = sizes;
  const [documents, queries] = [join(folder, 'documents.npy'), join(folder, 'queries.npy')];
  await writeFloatRows(documents, [sizes.documents * tokens, dim], [data.documents]);
  const rows = data.questions.map((question) => question.rows);
  await writeFloatRows(queries, [rows.length * queryTokens, dim], rows);
  const { bytesPerToken } = await peer.ask<{ bytesPerToken: number }>('open', {
    documents,
    queries,
    tokens,
    queryTokens,
    bits,
    folder: join(folder, 'index'),
  });
  return {
    system: maxSimPeer,
    bits,
    bytesPerToken,
    async ask(number) {
      const candidates = Array.from(data.questions[number]!.candidates);
      const { found, micros } = await peer.ask<{ found: number[]; micros: number }>('search', { number, candidates });
      return { scored: found.length, best: found.slice(0, best), milliseconds: micros / 1e3 };
    },
  };
}

function bestOf(candidates: Uint32Array, scores: Float32Array): Omit<Answer, 'milliseconds'> {
  const order = Array.from(scores.keys()).sort((left, right) => scores[right]! - scores[left]! || left - right);
  return { scored: scores.length, best: order.slice(0, best).map((at) => candidates[at]!) };
}

function dataOf(sizes: MaxSimPeerSizes): Data {
  const { dim, documents, tokens, queries, queryTokens } = sizes;
  const random = seededRandom(11);
  const shared = normalRows(random, directions, dim);
  const topics = normalRows(random, documents, dim);
  const rowsAbout = (document: number, count: number): Float32Array => {
    const rows = normalRows(random, count, dim);
    for (let row = 0; row < count; row += 1) {
      const direction = random.below(directions) * dim;
      const own = rows.subarray(row * dim, (row + 1) * dim);
      own.forEach((value, j) => {
        own[j] = noise * value + shared[direction + j]! + share * topics[document * dim + j]!;
      });
      const length = Math.hypot(...own);
      own.forEach((value, j) => (own[j] = value / length));
    }
    return rows;
  };
  const all = new Float32Array(documents * tokens * dim);
  for (let document = 0; document < documents; document += 1) {
    all.set(rowsAbout(document, tokens), document * tokens * dim);
  }
  const questions = Array.from({ length: queries }, () => {
    const about = random.below(documents);
    const candidates = new Set([about]);
    while (candidates.size < sizes.candidates) candidates.add(random.below(documents));
    return { rows: rowsAbout(about, queryTokens), candidates: Uint32Array.from(candidates).sort() };
  });
  return { documents: all, questions };
}
