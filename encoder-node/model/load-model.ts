/**
 * A model's folder, checked and read into memory but for the graph, which each session reads itself.
 *
 * Every file is compared with the digest in the manifest before anything is served from it: a damaged weight would answer, only wrongly.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assert } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { parseSparseHead, type SparseHead } from '../../vector-index/codebook/sparse-head.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';
import { TextTokenizer } from '../tokenizer/tokenizer.js';
import { parseManifest, type ModelManifest } from './manifest.js';

export interface EncoderModel {
  readonly manifest: ModelManifest;
  /** sha256 of the manifest, which holds those of the files: equal digests answer equally. */
  readonly digest: string;
  /** Path of the graph. */
  readonly graphPath: string;
  readonly tokenizer: TextTokenizer;
  readonly codec: TokenCodec | null;
  /** The codec's file; empty when the model has none. */
  readonly codecTables: Uint8Array;
  readonly sparseHead: SparseHead | null;
}

/** The model in `directory`. NOT_FOUND when a file is missing, DATA_LOSS when one does not match its digest. */
export async function loadModel(directory: string): Promise<EncoderModel> {
  const manifestPath = join(directory, 'manifest.json');
  const manifestBytes = await readModelFile(manifestPath, directory);
  const manifest = parseManifest(manifestBytes.toString('utf8'), manifestPath);
  await Promise.all(Object.entries(manifest.files).map(([name, file]) => verify(directory, name, file)));
  const tokenizerText = await readFile(join(directory, manifest.tokenizer.file), 'utf8');
  const codecTables = await readCodec(directory, manifest);
  return {
    manifest,
    digest: createHash('sha256').update(manifestBytes).digest('hex'),
    graphPath: join(directory, manifest.model),
    tokenizer: new TextTokenizer(tokenizerText),
    codec: codecTables.length === 0 ? null : parseCodec(codecTables, manifest),
    codecTables,
    sparseHead: await readSparseHead(directory, manifest),
  };
}

async function verify(directory: string, name: string, expected: { bytes: number; sha256: string }): Promise<void> {
  const path = join(directory, name);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  } catch (cause) {
    throw missing(path, directory, cause);
  }
  const found = hash.digest('hex');
  if (found === expected.sha256) return;
  const message = `${path} is damaged or another file: its sha256 is ${found}, the manifest says ${expected.sha256}; copy the model again`;
  throw new ShoalError('DATA_LOSS', message);
}

async function readCodec(directory: string, { tokenCodec }: ModelManifest): Promise<Uint8Array> {
  return tokenCodec === null ? new Uint8Array(0) : readModelFile(join(directory, tokenCodec.file), directory);
}

async function readSparseHead(directory: string, { sparseHead, outputs }: ModelManifest): Promise<SparseHead | null> {
  if (sparseHead === null) return null;
  return parseSparseHead(await readModelFile(join(directory, sparseHead.file), directory), outputs.multi?.dim ?? 0);
}

function parseCodec(tables: Uint8Array, { tokenCodec, outputs, name }: ModelManifest): TokenCodec {
  const codec = TokenCodec.parse(tables);
  assert(codec.version === tokenCodec?.version, `the token codec of ${name} has the version that its manifest names`);
  assert(codec.dim === outputs.multi?.dim, `the token codec of ${name} has the dimensions of its token vectors`);
  return codec;
}

async function readModelFile(path: string, directory: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw missing(path, directory, cause);
  }
}

function missing(path: string, directory: string, cause: unknown): ShoalError {
  const message = `there is no model in ${directory}: ${path} cannot be read; give the folder of a model with its manifest.json`;
  return new ShoalError('NOT_FOUND', message, { cause });
}
