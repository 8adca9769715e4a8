/** A model of one layer and 32 dimensions with random weights, in a folder as users bring them: milliseconds instead of seconds. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../../base/random.js';
import type { ModelManifest } from '../../../encoder-node/model/manifest.js';
import { defaultManifest } from '../../../models/build/default-manifest.js';
import { buildGraph, type Ranges } from '../../../models/build/graph.js';
import type { BertWeights, LayerNorm, QuantizedLinear, QuantizedTable } from '../../../models/build/source-weights.js';
import { serializeSparseHead, type SparseHead } from '../../../vector-index/codebook/sparse-head.js';
import { TokenCodec } from '../../../vector-index/codebook/token-codec.js';

export const tinyDim = 32;
const inner = 64;
const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const vocabulary = [...specials, ...letters, ...letters.map((letter) => `##${letter}`), 'shoe', 'fish', '.', ',', '!'];

/** A WordPiece tokenizer that knows letters and a few words. */
export function tinyTokenizer(): string {
  const special = (content: string, id: number): object => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  const template = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specials.map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [template('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, template('[SEP]')],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  });
}

/** Random weights of one layer. */
export function tinyWeights(): BertWeights {
  const random = seededRandom(17);
  const table = (rows: number): QuantizedTable => ({
    rows,
    dim: tinyDim,
    quantized: Uint8Array.from({ length: rows * tinyDim }, () => random.below(256)),
    scale: 0.02,
    zeroPoint: 128,
  });
  const linear = (inputs: number, outputs: number): QuantizedLinear => ({
    inputs,
    outputs,
    quantized: Int8Array.from({ length: inputs * outputs }, () => random.below(255) - 127),
    scales: new Float32Array(outputs).fill(0.003),
    bias: Float32Array.from({ length: outputs }, () => 0.1 * random.normal()),
  });
  const norm = (): LayerNorm => ({ weight: new Float32Array(tinyDim).fill(1), bias: new Float32Array(tinyDim) });
  const square = (): QuantizedLinear => linear(tinyDim, tinyDim);
  const layer = {
    query: square(),
    key: square(),
    value: square(),
    attentionOutput: square(),
    attentionNorm: norm(),
    intermediate: linear(tinyDim, inner),
    output: linear(inner, tinyDim),
    outputNorm: norm(),
  };
  return {
    words: table(vocabulary.length),
    positions: table(64),
    tokenTypes: table(2),
    embeddingNorm: norm(),
    layers: [layer],
  };
}

/** Ranges that hold what the tiny weights make. */
export const tinyRanges: Ranges = Object.fromEntries(
  ['embedding_norm', 'layer0_attended', 'layer0_attention_norm', 'layer0_gelu'].map((name) => [
    name,
    { low: -8, high: 8 },
  ]),
);

export function tinyCodec(): TokenCodec {
  const random = seededRandom(23);
  const centroids = Float32Array.from({ length: 4 * tinyDim }, () => random.normal() / Math.sqrt(tinyDim));
  const weights = Float32Array.of(-0.15, -0.04, 0.04, 0.15);
  return TokenCodec.create({ dim: tinyDim, nbits: 2, centroids, cutoffs: Float32Array.of(-0.1, 0, 0.1), weights });
}

/** A head that says something of every row. */
export function tinySparseHead(): SparseHead {
  const random = seededRandom(29);
  const side = (): Float32Array => Float32Array.from({ length: tinyDim + 1 }, () => random.normal());
  return { queries: side(), documents: side() };
}

/** Digest of a model that the tiny one with a head succeeds. */
export const tinyEarlier = 'e'.repeat(64);

/** The tiny model with its sparse head: what `writeTinyModel` writes, and the manifest names. */
export function withTinyHead(manifest: ModelManifest): ModelManifest {
  const training = { text: 'none', passages: 1, seed: 29 };
  return { ...manifest, sparseHead: { file: 'sparse-head.bin', training, quality: {} }, succeeds: [tinyEarlier] };
}

type ManifestChange = (manifest: ModelManifest) => unknown;

/** Writes the tiny model into `folder`; `change` may give another manifest. */
export async function writeTinyModel(folder: string, change: ManifestChange = (manifest) => manifest): Promise<void> {
  const codec = tinyCodec();
  const contents = {
    'model.onnx': buildGraph(tinyWeights(), tinyRanges),
    'tokenizer.json': new TextEncoder().encode(tinyTokenizer()),
    'token-codec.bin': codec.serialize(),
    'sparse-head.bin': serializeSparseHead(tinySparseHead()),
  };
  const digests: Record<string, { bytes: number; sha256: string }> = {};
  for (const [name, bytes] of Object.entries(contents)) {
    await writeFile(join(folder, name), bytes);
    digests[name] = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  const manifest = change(tinyManifest(digests, codec.version));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

function tinyManifest(files: ModelManifest['files'], codecVersion: string): ModelManifest {
  const manifest = defaultManifest({ files, codecVersion, sparseHead: null });
  const { outputs, query, document } = manifest;
  return {
    ...manifest,
    name: 'tiny',
    outputs: {
      ...outputs,
      dense: { ...outputs.dense, dim: tinyDim },
      multi: outputs.multi === null ? null : { ...outputs.multi, dim: tinyDim },
    },
    query: { ...query, maxLength: 32, prefix: 'fish: ' },
    document: { ...document, maxLength: 16 },
  };
}

/** Calls `work` with a folder that holds the tiny model, and removes it afterwards. */
export async function withTinyModel<T>(work: (folder: string) => Promise<T>, change?: ManifestChange): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-tiny-model-'));
  try {
    await writeTinyModel(folder, change);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The manifest in `folder`, as anything. */
export async function manifestIn(folder: string): Promise<ModelManifest> {
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as ModelManifest;
}
