/** The manifest of the default model, but for its files' digests. */
import { manifestFormat, type ModelManifest } from '../../encoder-node/model/manifest.js';

export const modelFile = 'model.onnx';
export const dataFile = 'model.onnx.data';
export const tokenizerFile = 'tokenizer.json';
export const codecFile = 'token-codec.bin';
export const sparseHeadFile = 'sparse-head.bin';

/** The same files without a sparse head: its collections count words, and this model goes on serving them so. */
const withoutHead = '9244c4d358d15ce0b98721dfbcd0de477859fc1d4a45da2996f90bde7c3e5b3c';

/** What was built: digests of files, and what there is beside the graph; null while there is none yet. */
export interface BuiltParts {
  readonly files: ModelManifest['files'];
  readonly codecVersion: string | null;
  readonly sparseHead: ModelManifest['sparseHead'];
}

/** The manifest of what was built. */
export function defaultManifest({ files, codecVersion, sparseHead }: BuiltParts): ModelManifest {
  return {
    format: manifestFormat,
    name: 'shoal-base-en',
    family: 'bge',
    description: 'BAAI/bge-small-en-v1.5 with int8 weights, dense and multi-vector outputs of one pass. English.',
    licence: 'MIT (weights, BAAI/bge-small-en-v1.5) and Apache-2.0 (packaging); see LICENSE',
    model: modelFile,
    tokenizer: { file: tokenizerFile, padId: 0 },
    inputs: { ids: 'input_ids', mask: 'attention_mask', typeIds: null },
    outputs: {
      dense: { name: 'dense', pool: 'none', normalized: true, dim: 384 },
      sparse: null,
      multi: { name: 'multi', row0Token: 0, normalized: true, dim: 384 },
    },
    reduction: 'mean',
    query: {
      maxLength: 512,
      prefix: 'Represent this sentence for searching relevant passages: ',
      tokens: 'without-prefix',
      firstToken: 1,
      markerId: null,
      expandTo: 0,
      expandId: null,
      attendExpansion: false,
      keepExpansion: false,
    },
    document: { maxLength: 256, prefix: '', firstToken: 1, markerId: null, skiplist: 'none' },
    tokenCodec: codecVersion === null ? null : { file: codecFile, version: codecVersion },
    sparseHead,
    succeeds: sparseHead === null ? [] : [withoutHead],
    files,
  };
}
