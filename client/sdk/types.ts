/**
 * What a program gives Shoal and gets from it, in plain TypeScript: no generated type passes this door.
 *
 * docIds and sequences are bigint. An attribute that is a bigint is stored as int64, a number as double, a Date as timestamp.
 */
import type { Attributes, AttributeTypeName } from '../../proto/attributes.js';

/** Term weights of a text: parallel columns, ascending by term. */
export interface SparseVector {
  readonly termIds: Uint32Array;
  readonly weights: Float32Array;
}

/** Token vectors: float32[count, tokenDim] as little-endian bytes when `codec` is empty, else the records of that codec. */
export interface TokenVectors {
  readonly count: number;
  readonly rows: Uint8Array;
  readonly codec: string;
  /** Of uncoded rows: each stands for several tokens already, so a collection that pools tokens stores them as they are. */
  readonly pooled?: boolean;
}

/** A part of a document with vectors of its own. */
export interface DocumentPassage {
  /** float32[dim]. */
  readonly vector: Float32Array;
  readonly tokens?: TokenVectors;
  /** UTF-16 offsets in title + " " + text, or in text where there is no title; `end` 0 = the end of the text. */
  readonly start: number;
  readonly end: number;
}

export interface Document {
  readonly id: string;
  readonly title?: string;
  /** Needed unless every vector of the collection is given; "" is a text. */
  readonly text?: string;
  readonly attributes?: Attributes;
  /** float32[dim]; given = the encoder is not asked for it. */
  readonly vector?: Float32Array;
  readonly sparse?: SparseVector;
  readonly tokens?: TokenVectors;
  /** Instead of `vector` and `tokens`: 1 to 4,096, the first one stands for the document. */
  readonly passages?: readonly DocumentPassage[];
}

/** A document as it is stored; `docId` names this version of it. */
export interface StoredDocument extends Document {
  readonly docId: bigint;
}

export interface CollectionOptions {
  /** Name of an encoder model, or "none" when every vector is given; the cluster's default otherwise. */
  readonly model?: string;
  /** Dimensions of the dense vector; needed with model "none" only. */
  readonly dim?: number;
  readonly shards?: number;
  readonly replicas?: number;
  readonly attributes?: Readonly<Record<string, AttributeTypeName>>;
  readonly keepVectors?: boolean;
  readonly targetRecall?: number;
  /** A timestamp attribute at which a document expires. */
  readonly expiresBy?: string;
  /** float32[lists, dim]: coarse centroids of a fixed structure, whose lists are grouped into `shards`. */
  readonly centroids?: Float32Array;
  /** Hash partitions of the directory; default 1. */
  readonly directoryPartitions?: number;
  /** Whether it is trained by itself as it grows; default true. */
  readonly autoTrain?: boolean;
  /** Lists that a vector lies in once it is trained, 1 or 2; default 1. */
  readonly copies?: number;
  /** Keep about one token row of a document for so many tokens, 1 to 16; default 1. Cannot be changed later. */
  readonly tokenPooling?: number;
}

export interface Collection {
  readonly name: string;
  readonly uid: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly dim: number;
  /** 0 = no multi-vector representation. */
  readonly tokenDim: number;
  readonly tokenCodec: string;
  /** About one token row of a document is kept for so many tokens; 1 = each has its own. */
  readonly tokenPooling: number;
  /** Target number of shards after training. */
  readonly shardsTarget: number;
  readonly replicas: number;
  readonly attributes: Readonly<Record<string, AttributeTypeName>>;
  readonly targetRecall: number;
  readonly keepVectors: boolean;
  readonly bm25AverageLength: number;
  readonly created: Date | null;
  /** The timestamp attribute at which a document expires; "" = documents stay. */
  readonly expiresBy: string;
  /** 0 = one list. */
  readonly structureVersion: number;
  /** Of the codebook that its documents are coded by; 0 = it was never trained, and every search is exact. */
  readonly codebookVersion: number;
  /** Of the parameters learned for that codebook that searches go by; 0 = none. */
  readonly parametersVersion: number;
  /** Whether it is trained by itself as it grows. */
  readonly autoTrain: boolean;
  /** Lists that a vector lies in, from the next training on. */
  readonly copies: number;
  /** Lists that a vector lies in now. */
  readonly copiesServing: number;
  /** Of the shards that a replica can count now, as `diskBytes`: all there are where `shardsUncounted` is 0. */
  readonly documents: number;
  readonly diskBytes: number;
  readonly shards: number;
  readonly lists: number;
  /** Shards that no replica can count now; the cluster's status names them. */
  readonly shardsUncounted: number;
  /** The latest training; null where there was none. */
  readonly training: LatestTraining | null;
}

/** A training that is under way, or the last one and what became of it. */
export interface LatestTraining {
  readonly method: string;
  readonly ordered: Date | null;
  /** Null while it is under way. */
  readonly ended: Date | null;
  /** While it is under way: what is done, of the whole, and by which shard node; "" while nobody sees to it. */
  readonly step: string;
  readonly share: number;
  readonly node: string;
  /** Of the whole, what an interrupted attempt had done and the present one did not have to do again. */
  readonly resumedShare: number;
  /** Once it has ended: the version that was published; 0 = none, for `reason`. */
  readonly version: number;
  readonly reason: string;
}

/** What became of one document of a write; `error` is null when it was written. */
export interface WriteResult {
  readonly id: string;
  readonly docId: bigint;
  readonly unchanged: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** What must hold when the write reaches the log, else it is refused with FAILED_PRECONDITION. */
export type WriteCondition =
  /** The document exists in exactly this version. */
  | { readonly ifDocId: bigint }
  /** The document does not exist. */
  | { readonly ifAbsent: true };

export interface WriteOptions {
  /** One for each document or id, in order; null = none. */
  readonly conditions?: readonly (WriteCondition | null)[];
  /** Chosen by the caller: a conditional write repeated with the same one within 10 minutes gets its first verdict. */
  readonly writeId?: string;
}

/** A write, as its answer names it: what a later read can wait for. */
export interface MinSequence {
  readonly uid: string;
  readonly sequence: bigint;
}

/** `uid` and `sequence` together make a later search wait for this write. */
export interface UpsertResult {
  readonly uid: string;
  readonly sequence: bigint;
  readonly results: readonly WriteResult[];
}

export interface ImportResult {
  readonly uid: string;
  readonly sequence: bigint;
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** The rejected ones, 1,000 with id and message, up to 1,000,000 without; `position` counts from 0 in the order sent. */
  readonly rejects: readonly { readonly position: number; readonly result: WriteResult }[];
}

export interface ImportProgress {
  /** Documents handed to the connection; the cluster is at most a few messages behind. */
  readonly documents: number;
}

export interface DeleteResult {
  readonly uid: string;
  readonly sequence: bigint;
  readonly deleted: number;
}

export interface SetResult {
  readonly uid: string;
  readonly sequence: bigint;
  /** Of the version with the changed attributes. */
  readonly docId: bigint;
}

export type SearchMode = 'hybrid' | 'dense' | 'sparse' | 'multi';
export type SparseRouting = 'search' | 'rescore' | 'off';

export interface FusionWeights {
  readonly dense: number;
  readonly sparse: number;
  readonly multi: number;
}

export interface SearchOptions {
  /** Hits wanted, 1 to 10,000; default 10. */
  readonly k?: number;
  readonly offset?: number;
  readonly mode?: SearchMode;
  /** Candidates of each first stage; default max(100, k + offset). */
  readonly candidates?: number;
  /** Lists to probe; default: the collection's calibration. */
  readonly nprobe?: number;
  readonly weights?: FusionWeights;
  readonly rrf?: boolean;
  readonly sparse?: SparseRouting;
  readonly scoreThreshold?: number;
  readonly explain?: boolean;
  /** Wait until this write is visible. */
  readonly minSequence?: MinSequence;
  readonly deadlineMs?: number;
  /** UNAVAILABLE instead of an answer with holes. */
  readonly requireFull?: boolean;
  /** CEL over attributes, such as `year >= 1990 && "news" in tags`. */
  readonly filter?: string;
  /** Probe every list and score every candidate without approximation. */
  readonly exact?: boolean;
}

export interface TokenMatch {
  readonly queryToken: string;
  readonly documentToken: string;
  /** Their inner product, times what the query token weighs: the mean or sum over query tokens is MaxSim. */
  readonly score: number;
  /** UTF-16 offsets in title + " " + text. */
  readonly start: number;
  readonly end: number;
}

export interface Hit {
  readonly id: string;
  readonly docId: bigint;
  readonly score: number;
  /** Null where the mode has no such score. */
  readonly scores: { readonly dense: number | null; readonly sparse: number | null; readonly multi: number | null };
  readonly passage: { readonly start: number; readonly end: number };
  readonly title: string | null;
  readonly text: string;
  readonly attributes: Attributes;
  readonly shard: number;
  /** Only with `explain`. */
  readonly matches: readonly TokenMatch[];
}

export interface Coverage {
  readonly full: boolean;
  readonly listsProbed: number;
  readonly listsTotal: number;
  readonly shardsContacted: number;
  readonly sparseShardsContacted: number;
  readonly shardsTotal: number;
  readonly listsMissing: readonly number[];
  readonly shardsMissing: readonly number[];
  readonly behind: boolean;
  readonly reasons: readonly string[];
}

/** Milliseconds. */
export interface Timings {
  readonly encodeMs: number;
  readonly routeMs: number;
  readonly scatterMs: number;
  readonly mergeMs: number;
  readonly rerankMs: number;
  readonly fetchMs: number;
  readonly totalMs: number;
}

export interface Explanation {
  readonly queryTokens: readonly string[];
  readonly listsProbed: readonly number[];
  readonly shardsProbed: readonly number[];
  readonly denseCandidates: number;
  readonly sparseCandidates: number;
  readonly reranked: number;
  readonly weights: FusionWeights | null;
  /** Why no hit has `matches` though token vectors were compared; "" = nothing stands against them. */
  readonly matchesMissing: string;
}

export interface SearchAnswer {
  readonly hits: readonly Hit[];
  readonly coverage: Coverage;
  readonly uid: string;
  readonly timings: Timings;
  readonly explanation: Explanation | null;
}

/** One of several searches: its answer, or the error that it would have thrown alone. */
export type SearchOutcome =
  | { readonly answer: SearchAnswer; readonly error: null }
  | { readonly answer: null; readonly error: { readonly code: string; readonly message: string } };

export type NodeKindName = 'coordinator' | 'encoder' | 'shard' | 'unknown';

export interface ClusterNode {
  readonly id: string;
  readonly kind: NodeKindName;
  readonly address: string;
  readonly version: string;
  readonly kernels: string;
  readonly executionProvider: string;
  readonly model: string;
  readonly modelDigest: string;
}

export interface ClusterStatus {
  /** Whether everything serves; of all problems, only trainings that wait do not stand against it. */
  readonly healthy: boolean;
  readonly version: string;
  readonly nodes: readonly ClusterNode[];
  readonly collections: readonly string[];
  readonly problems: readonly Problem[];
}

/** Something that is not as it should be, why, and what to do about it. */
export interface Problem {
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

/** A collection, and what is wrong with its replicas or its directory. */
export interface DescribedCollection extends Collection {
  readonly problems: readonly Problem[];
}

/** The shards of a collection, ascending, and what is wrong with their replicas or with its directory. */
export interface ShardList {
  readonly shards: readonly ShardInfo[];
  readonly problems: readonly Problem[];
}

export interface ShardInfo {
  readonly shard: number;
  readonly lists: number;
  readonly documents: number;
  readonly bytes: number;
  readonly segments: number;
  readonly tombstones: number;
  readonly replicas: readonly {
    readonly node: string;
    readonly state: string;
    readonly applied: bigint;
    readonly lag: number;
    /** Version of the structure that it assigns by; 0 = none. */
    readonly structureVersion: number;
    /** Rows that it has not re-encoded yet: they are as an older structure had them. */
    readonly olderRows: number;
  }[];
}

/** One trained version of a collection. */
export interface CodebookInfo {
  readonly version: number;
  /** Of the structure that it belongs to, and with which alone it serves. */
  readonly structureVersion: number;
  readonly method: string;
  readonly created: Date | null;
  readonly seed: number;
  /** Documents that there were, vectors that it was trained on, and its inverted lists. */
  readonly documents: number;
  readonly sampled: number;
  readonly lists: number;
  /** Lists that a vector lies in. */
  readonly copies: number;
  /** Bits a dimension of second codes. */
  readonly secondBits: number;
  /**
   * Recall@10 on held-out queries: of what served before, and of this one; of learned parameters by first codes alone ("distill-vq"), or MRR@10
   * by judgements ("jpq").
   */
  readonly heldOut: { readonly before: number; readonly after: number };
  /** Lists that held-out queries need, by the routes of before and by learned ones; left out where none were learned. */
  readonly needed?: { readonly before: number; readonly after: number };
}

/** The trained versions of a collection, ascending. */
export interface CodebookList {
  /** 0 = none serves: every search is exact. */
  readonly active: number;
  readonly versions: readonly CodebookInfo[];
}

export interface TrainOptions {
  /** "structure" unless given. */
  readonly method?: string;
  /** Stop before publishing. */
  readonly dryRun?: boolean;
  readonly seed?: number;
  /** Bits a dimension of second codes, 1 to 8; those of the codebook that serves unless given, 4 where there is none. Not with "split". */
  readonly secondBits?: number;
  /** With "distill-vq": texts that the collection is asked with; words of its own documents unless given. With "jpq": judged ones. */
  readonly queries?: readonly string[];
  /** With "jpq": ids of the documents that are relevant to each of `queries`, at least one. */
  readonly relevant?: readonly (readonly string[])[];
  onProgress?(progress: TrainingProgress): void;
}

export interface TrainingProgress {
  readonly step: string;
  /** Of the whole, 0 to 1. */
  readonly share: number;
  /** The shard node that trains; "" while none does. */
  readonly node: string;
  /** Of the whole, what an interrupted attempt had done and this one did not have to do again; 0 = it began anew. */
  readonly resumedShare: number;
}

export interface TrainingResult {
  readonly uid: string;
  readonly method: string;
  /** The version that served before; 0 = none. */
  readonly from: number;
  /** The new version; 0 = it was not published. */
  readonly version: number;
  readonly published: boolean;
  /** Why it was not published; "" when it was. */
  readonly reason: string;
  readonly codebook: CodebookInfo;
}

export interface ModelInfo {
  readonly name: string;
  readonly digest: string;
  readonly dim: number;
  readonly tokenDim: number;
  readonly sparse: string;
  readonly tokenCodec: string;
  readonly nodes: readonly string[];
}
