/** A log record's documents as the index stores them: the wire's columns become typed arrays, term frequencies become weights. */
import { float32From, uint32From } from '../../base/bytes.js';
import type { LogChange } from '../../cluster/log/records.js';
import { attributesFromWire } from '../../proto/attributes.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { IndexDocument } from '../../vector-index/document.js';
import { documentWeights } from '../../vector-index/sparse/bm25.js';

/** How a collection weighs its terms: learned weights are stored as they come. */
export type TermWeighting = { readonly kind: 'bm25'; readonly averageLength: number } | { readonly kind: 'learned' };

/** The passages of a record's documents, those of one document together, in order. */
export function indexDocuments(
  { documents, docIds, contentHashes, structure, places }: Extract<LogChange, { readonly operation: 'upsert' }>,
  weighting: TermWeighting,
): readonly IndexDocument[] {
  const rows: IndexDocument[] = [];
  const vectors = new VectorBlock(documents);
  for (let position = 0; position < documents.length; position += 1) {
    const document = documents[position]!;
    const shared = {
      docId: docIds[position]!,
      contentHash: contentHashes[position]!,
      id: document.id,
      attributes: attributesFromWire(document.attributes),
      home: document.passage === 0 ? document.list : document.home,
      structureVersion: structure,
    };
    const row = passageOf(document, shared, vectors.take(document.dense), weighting);
    const announced = document.passage === 0 ? places.get(position) : undefined;
    rows.push(announced === undefined ? row : { ...row, elsewhere: announced.length - 1 });
    for (const passage of document.further)
      rows.push(passageOf(passage, shared, vectors.take(passage.dense), weighting));
  }
  return rows;
}

/** The vectors of a record, copied into one block: an array of its own for each costs more than its numbers. */
class VectorBlock {
  readonly #bytes: Uint8Array;
  #used = 0;

  constructor(documents: readonly LogDocument[]) {
    let bytes = 0;
    for (const document of documents) {
      bytes += document.dense.length;
      for (const further of document.further) bytes += further.dense.length;
    }
    this.#bytes = new Uint8Array(bytes);
  }

  /** float32[dim], null where there are no bytes. INVALID_ARGUMENT when they are no whole numbers. */
  take(dense: Uint8Array): Float32Array | null {
    if (dense.length === 0) return null;
    if (dense.length % 4 !== 0) return float32From(dense, 'a document vector');
    this.#bytes.set(dense, this.#used);
    const vector = new Float32Array(this.#bytes.buffer, this.#used, dense.length / 4);
    this.#used += dense.length;
    return vector;
  }
}

function passageOf(
  passage: LogDocument,
  shared: Pick<IndexDocument, 'docId' | 'contentHash' | 'id' | 'attributes' | 'home'> & {
    readonly structureVersion: number;
  },
  dense: Float32Array | null,
  weighting: TermWeighting,
): IndexDocument {
  return {
    docId: shared.docId,
    passage: passage.passage,
    start: passage.start,
    end: passage.end,
    contentHash: shared.contentHash,
    id: shared.id,
    title: passage.title ?? null,
    text: passage.text,
    attributes: shared.attributes,
    list: passage.list,
    home: shared.home,
    structureVersion: shared.structureVersion,
    dense,
    terms: termsOf(passage, weighting),
    tokens: tokensOf(passage),
  };
}

function termsOf(document: LogDocument, weighting: TermWeighting): IndexDocument['terms'] {
  if (document.sparse === undefined || document.sparse.termIds.length === 0) return null;
  const termIds = uint32From(document.sparse.termIds, 'term ids');
  const given = float32From(document.sparse.weights, 'term weights');
  const isFinal = document.weighted || weighting.kind === 'learned';
  return { termIds, weights: isFinal ? given : documentWeights(given, document.terms, weighting.averageLength) };
}

function tokensOf(document: LogDocument): IndexDocument['tokens'] {
  if (document.tokens === undefined || document.tokens.count === 0) return null;
  const { count, rows, codec } = document.tokens;
  return { count, rows, codec };
}
