/**
 * Builds `models/default` from the source model: the graph, its ranges, the token codec and the manifest.
 *
 *   npm run model -- --source DIR [--target models/default]
 *   npm run model -- --sparse-head FILE [--target models/default]     takes over a trained sparse head, nothing else changes
 *
 * The result depends on the source, the versions of the dependencies and the numbers below alone. A sparse head that the target has stays.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { present } from '../../base/assert.js';
import { systemClock } from '../../base/clock.js';
import { seededRandom } from '../../base/random.js';
import { parseManifest, type ModelManifest } from '../../encoder-node/model/manifest.js';
import { TextTokenizer } from '../../encoder-node/tokenizer/tokenizer.js';
import { calibrate } from './calibrate.js';
import { trainCodec } from './codec.js';
import {
  codecFile,
  dataFile,
  defaultManifest,
  modelFile,
  sparseHeadFile,
  tokenizerFile,
  type BuiltParts,
} from './default-manifest.js';
import { buildGraphWithData } from './graph.js';
import { passagesOf, readGlosses } from './shipped-text.js';
import { readSourceWeights } from './source-weights.js';
import { placeSparseHead, presentManifest } from './sparse-head.js';
import { tokenRows } from './token-rows.js';

const seed = 7;
const rangePassages = 120;
const errorPassages = 24;
const codecPassages = 3_000;
const centroids = 256;
const iterations = 8;

const { values } = parseArgs({
  options: {
    source: { type: 'string', default: '../shared/models/bge-small-en-v1.5' },
    target: { type: 'string', default: 'models/default' },
    'sparse-head': { type: 'string' },
  },
});
const trained = values['sparse-head'];
if (trained === undefined) await build(values.source, values.target);
else await replaceSparseHead(trained, values.target);

async function replaceSparseHead(from: string, target: string): Promise<void> {
  const { tokenCodec } = present(await presentManifest(target), 'the manifest of the target');
  await writeManifest(target, {
    codecVersion: tokenCodec?.version ?? null,
    sparseHead: await placeSparseHead(from, target),
  });
}

async function build(source: string, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  const tokenizer = new TextTokenizer(await readFile(join(source, 'tokenizer.json'), 'utf8'));
  const glosses = await readGlosses();
  const random = seededRandom(seed);
  const sequencesOf = (count: number): Int32Array[] =>
    passagesOf(glosses, count, random).map((text) => sequenceOf(text, tokenizer));

  const weights = readSourceWeights(await readFile(join(source, 'model_int8.onnx')));
  say('measuring the ranges of the graph');
  const ranges = await calibrate(weights, {
    forRanges: sequencesOf(rangePassages),
    forErrors: sequencesOf(errorPassages),
    onProgress: say,
  });
  const graphPath = join(target, modelFile);
  const { graph, data } = buildGraphWithData(weights, ranges, dataFile);
  await writeFile(graphPath, graph);
  await writeFile(join(target, dataFile), data);
  await copyFile(join(source, 'tokenizer.json'), join(target, tokenizerFile));

  say('encoding text for the token codec');
  const bare = defaultManifest({ files: {}, codecVersion: null, sparseHead: null });
  const sequences = sequencesOf(codecPassages);
  const counts = sequences.map(({ length }) => length - bare.document.firstToken);
  const rows = await tokenRows(graphPath, bare, sequences);
  say(`training the token codec on ${rows.length / 384} token vectors`);
  const codec = trainCodec(rows, { dim: 384, counts, centroids, nbits: 2, iterations, seed, onProgress: say });
  await writeFile(join(target, codecFile), codec.serialize());

  const sparseHead = (await presentManifest(target))?.sparseHead ?? null;
  await writeManifest(target, { codecVersion: codec.version, sparseHead });
}

async function writeManifest(target: string, parts: Omit<BuiltParts, 'files'>): Promise<void> {
  const names = [modelFile, dataFile, tokenizerFile, codecFile, ...(parts.sparseHead === null ? [] : [sparseHeadFile])];
  const path = join(target, 'manifest.json');
  const text = `${JSON.stringify(defaultManifest({ ...parts, files: await digests(target, names) }), null, 2)}\n`;
  parseManifest(text, path);
  await writeFile(path, text);
  say(`wrote ${target} with token codec ${parts.codecVersion ?? 'none'}`);
}

function sequenceOf(text: string, tokenizer: TextTokenizer): Int32Array {
  return Int32Array.of(tokenizer.startId, ...tokenizer.idsOf(text).slice(0, 254), tokenizer.endId);
}

async function digests(target: string, names: readonly string[]): Promise<ModelManifest['files']> {
  const entries = names.map(async (name) => {
    const bytes = await readFile(join(target, name));
    return [name, { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

function say(line: string): void {
  process.stderr.write(`${(systemClock.monotonicMs() / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
}
