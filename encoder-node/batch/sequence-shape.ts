/** What a model's tokenizer makes of the manifest's strings; worked out once at start. */
import type { EncoderModel } from '../model/load-model.js';
import type { SequenceShape } from './sequence.js';

/** The ASCII punctuation that ColBERT models skip in documents. */
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

export function sequenceShape({ manifest, tokenizer }: Pick<EncoderModel, 'manifest' | 'tokenizer'>): SequenceShape {
  return {
    manifest,
    startId: tokenizer.startId,
    endId: tokenizer.endId,
    queryPrefix: tokenizer.idsOf(manifest.query.prefix),
    documentPrefix: tokenizer.idsOf(manifest.document.prefix),
    punctuation: new Set([...punctuation].flatMap((mark) => tokenizer.idsOf(mark))),
  };
}
