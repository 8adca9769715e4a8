/** What an index stores: one version of one document, and the columns that come back from a search. Types only. */

/** One attribute's single value: string, int64 (bigint), double (number), bool or timestamp (Date, milliseconds). */
export type AttributeScalar = string | bigint | number | boolean | Date;

/** A value or a list of values of one type. */
export type AttributeValue = AttributeScalar | readonly AttributeScalar[];

/** A document's lexical terms. */
export interface DocumentTerms {
  /** uint32[terms], strictly ascending. */
  readonly termIds: Uint32Array;
  /** float32[terms], the final document weights (not raw frequencies); kept as fp16. */
  readonly weights: Float32Array;
}

/** A document's token vectors. */
export interface DocumentTokens {
  /** Rows; 0 is a document whose tokens were encoded and are none. */
  readonly count: number;
  /** One codec record of `count` rows, or float16[count, tokenDim] where `codec` is empty. */
  readonly rows: Uint8Array;
  /** Version of the token codec; '' when `rows` are float16. */
  readonly codec: string;
}

/**
 * One passage of one version of one document, as written and as fetched. Most documents have one passage, the primary one, number 0,
 * which alone carries title, text and terms; further passages carry the document's attributes and vectors of their own.
 */
export interface IndexDocument {
  /** uint64 that names this version; larger is newer. */
  readonly docId: bigint;
  /** Number of the passage; (docId, passage) names a row. */
  readonly passage: number;
  /** UTF-16 offsets of the passage in title + " " + text; end 0 = the end of the text. */
  readonly start: number;
  readonly end: number;
  /** XXH64 of the document's content; 0 = not known. */
  readonly contentHash: bigint;
  /** The user's id, at most 256 bytes of UTF-8. */
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** The inverted list that holds the passage. */
  readonly list: number;
  /** As written: the version of the structure under which `list` was chosen. Absent = 0, before the first. */
  readonly structureVersion?: number;
  /** The inverted list of the primary passage. */
  readonly home: number;
  /** Of the primary passage, as written: how many other shards were to get passages of the document. Absent = none. */
  readonly elsewhere?: number;
  /** float32[dim]; kept as fp16. */
  readonly dense: Float32Array | null;
  readonly terms: DocumentTerms | null;
  readonly tokens: DocumentTokens | null;
}

/** Passages of documents, named by two columns of one length. */
export interface RowKeys {
  readonly docIds: BigUint64Array;
  /** Null = the primary passage of each. */
  readonly passages: Uint32Array | null;
}

/** Candidates of a search, best first; equal scores by smaller docId. Each document once, with its best passage. Columns of one length. */
export interface CandidateColumns {
  readonly docIds: BigUint64Array;
  readonly passages: Uint32Array;
  /** XXH64 (seed 0) of each document's id. */
  readonly idHashes: BigUint64Array;
  readonly scores: Float32Array;
}

/** A query's terms: what a document weight of each term is multiplied with. */
export interface QueryTerms {
  readonly termIds: Uint32Array;
  /** float32[terms]: query weight × idf for BM25, the learned query weight otherwise. */
  readonly factors: Float32Array;
}

/** The tables of one token codec that scoring needs. */
export interface TokenTables {
  /** float32[centroidCount, dim]. */
  readonly centroids: Float32Array;
  /** float32[2^nbits]: the reconstruction value of each bucket. */
  readonly weights: Float32Array;
  readonly nbits: number;
  readonly dim: number;
  /** float32[dim]: what one unit of centroids and weights is in each dimension; null or left out: 1. */
  readonly spreads?: Float32Array | null;
  /** Whether a document's mean follows its codes (kernels/max-sim/means.ts); left out: it does not. */
  readonly isCentred?: boolean;
}
