/**
 * How long does k-means take to the same objective, beside FAISS?
 *
 * Spherical, one thread. loss = 1 − the mean inner product of all vectors with their centroids; cpuSeconds = processor time of the
 * fastest of the rounds, which take turns. FAISS runs its usual 25 iterations over all vectors; its seconds are those until its loss is
 * within 1 % of its last (`reached`, an iteration). Ours is one whole run, a warm-up over few vectors and a few iterations over all;
 * ratio = our seconds over FAISS's, meaningful where our loss is within 1 % of FAISS's last as well (lossRatio).
 */
import { seededRandom } from '../../base/random.js';
import { centroidPanels } from '../../kernels/training.js';
import { allRows, assignPoints, roomForBest } from '../../trainer/assign-points.js';
import { trainKmeans, usualWarmUp } from '../../trainer/kmeans.js';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from './benchmark.js';
import { hashOf } from './measure.js';
import { cpuSeconds } from './support/ann/cpu-seconds.js';
import { datasetOf, datasetOptions } from './support/ann/dataset-options.js';
import type { AnnDataset } from './support/ann/dataset.js';
import { installPeers, PeerProcess } from './support/ann/peer-process.js';

export const benchmark: Benchmark = {
  name: 'kmeans',
  summary: 'training of coarse centroids beside FAISS',
  options: [
    ...datasetOptions.filter(({ flag }) =>
      ['--dataset', '--vectors', '--queries', '--peers', '--threads'].includes(flag.split(' ')[0]!),
    ),
    { flag: '--centroids', describe: 'to train', default: '1024' },
    { flag: '--rounds', describe: 'in turns', default: '2' },
  ],
  run,
};

const smokeCentroids = 16;
const faissIterations = 25;
const iterations = 6;
const within = 1.01;

interface Trained {
  readonly seconds: number;
  readonly loss: number;
}

async function run(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { options, smoke, progress } = context;
  const filled = { ...options, 'query-set': 'words', 'queries-limit': '1', truth: '' };
  const dataset = await datasetOf({ ...context, options: filled });
  const count = smoke ? smokeCentroids : Number(options['centroids']);
  const peer = smoke || options['peers'] !== 'faiss' ? null : await openPeer(dataset, progress);
  const ours: Trained[] = [];
  const theirs: (Trained & { reached: number })[] = [];
  try {
    for (let round = 0; round < (smoke ? 1 : Number(options['rounds'])); round++) {
      ours.push(trainOurs(dataset, count));
      if (peer !== null) theirs.push(await trainTheirs(peer, dataset, count));
      progress(`round ${round + 1} done`);
    }
  } finally {
    peer?.close();
  }
  return {
    rows: rowsOf({ vectors: dataset.base.count, centroids: count }, fastest(ours)!, fastest(theirs)),
    hash: hashOf([ours[0]!.loss.toFixed(6)]),
  };
}

function trainOurs({ base }: AnnDataset, count: number): Trained {
  const { dim, values } = base;
  const begin = cpuSeconds();
  const centroids = trainKmeans(values, { dim, count, iterations, warmUp: usualWarmUp, random: seededRandom(1) });
  const seconds = cpuSeconds() - begin;
  const best = roomForBest(base.count);
  assignPoints(allRows(values, dim), centroidPanels(centroids, null, dim), best);
  return { seconds, loss: 1 - best.scores.reduce((sum, score) => sum + score, 0) / base.count };
}

async function openPeer({ path, folder }: AnnDataset, progress: (line: string) => void): Promise<PeerProcess | null> {
  const { python, absent } = installPeers(['faiss']);
  const why = absent.get('faiss');
  if (why !== undefined) progress(`faiss is absent: ${why}`);
  if (why !== undefined || path === null) return null;
  const peer = new PeerProcess(python, 'faiss');
  await peer.ask('open', { base: path, queries: path, cache: folder ?? '', threads: 1 });
  return peer;
}

async function trainTheirs(
  peer: PeerProcess,
  { base }: AnnDataset,
  count: number,
): Promise<Trained & { reached: number }> {
  const request = { count, iterations: faissIterations };
  const { scores, seconds } = await peer.ask<{ scores: number[]; seconds: number[] }>('kmeans', request);
  const losses = scores.map((score) => 1 - score / base.count);
  const loss = losses.at(-1)!;
  const reached = losses.findIndex((each) => each <= within * loss);
  return { seconds: seconds[reached]!, loss, reached: reached + 1 };
}

function fastest<T extends Trained>(runs: readonly T[]): T | undefined {
  return [...runs].sort((a, b) => a.seconds - b.seconds)[0];
}

function rowsOf(
  sizes: object,
  ours: Trained,
  theirs: (Trained & { reached: number }) | undefined,
): Record<string, unknown>[] {
  const own = { ...sizes, system: 'shoal', cpuSeconds: rounded(ours.seconds), loss: rounded(ours.loss) };
  if (theirs === undefined) return [own];
  const ratios = { ratio: rounded(ours.seconds / theirs.seconds), lossRatio: rounded(ours.loss / theirs.loss) };
  const peer = {
    system: 'faiss',
    reached: theirs.reached,
    cpuSeconds: rounded(theirs.seconds),
    loss: rounded(theirs.loss),
  };
  return [
    { ...own, ...ratios },
    { ...sizes, ...peer },
  ];
}

function rounded(value: number): number {
  return Number(value.toFixed(4));
}
