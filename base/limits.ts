/**
 * Every limit that a request, a batch, a queue or a file can run into, by name and with its unit.
 *
 * Reaching one is an error whose text carries the limit. Limits that an operator may change are defaults here and fields of the
 * node's configuration.
 */

export const limits = {
  /** Bytes of a document's id in UTF-8. */
  idBytesMax: 256,
  /** Bytes of a document's text plus title in UTF-8; beyond that it has to be chunked. */
  textBytesMax: 4 * 1024 * 1024,
  /** Documents in one unary upsert, and in one log record (a docId has 12 bits for the position). */
  documentsPerRecordMax: 4096,
  /** Bytes of a log record's body when several documents share it. */
  recordBodyBytesGrouped: 900 * 1024,
  /** Bytes of a log record's headers. */
  recordHeaderBytesMax: 48 * 1024,
  /** Bytes of one log record, and of one gRPC message. */
  messageBytesMax: 8 * 1024 * 1024,
  /** Bytes of one answer to a client: 10,000 hits of 6 kB. */
  answerBytesMax: 64 * 1024 * 1024,
  /** Hits of one search. */
  kMax: 10_000,
  /** Characters of a query. */
  queryCharactersMax: 32_768,
  /**
   * Size of a number in a vector and of a term weight, of documents and of questions. Documents are stored as float16, in which a larger
   * one would become infinite and answer every question first. For questions: a sum of 65,536 products (the largest dim) of two such
   * numbers is below 3e14 and its square below 1e29, far from the end of float32 (3.4e38) in whatever order it is summed.
   */
  vectorValueMax: 65_504,
  /** Default deadline of a search in milliseconds. */
  searchDeadlineMs: 2_000,
  /** Default deadline of a write in milliseconds. */
  writeDeadlineMs: 30_000,
  /** Requests that a node works on at once on all its streams; more are refused. */
  requestsInFlightMax: 1_024,
  /** Tokens of a document that one pooled row may stand for. */
  tokenPoolingMax: 16,
  /** Texts waiting in an encoder node's queue; more are refused. */
  encoderQueueMax: 4_096,
} as const;
