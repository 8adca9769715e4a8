/** The manifest of the default model, but for its files' digests. */
import { manifestFormat, type ModelManifest } from '../../encoder-node/model/manifest.js';

export const modelFile = 'model.onnx';
export const dataFile = 'model.onnx.data';
export const tokenizerFile = 'tokenizer.json';
export const codecFile = 'token-codec.bin';

/** The manifest with `files` and the codec of `codecVersion`; null while there is none yet. */
export function defaultManifest(files: ModelManifest['files'], codecVersion: string | null): ModelManifest {
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
    files,
  };
}
