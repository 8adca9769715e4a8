/**
 * An encoder node without a model: behind the real wire, with vectors that a test can compute by hand.
 *
 * A word's number is its place in `vocabulary`. Dense: float32[2], the counts of the even and of the odd words, unit length. Sparse:
 * the words' terms, one more than their numbers, and counts. Tokens: one float32[8] row a word, 1 at the word's number modulo 8; coded ones
 * pooled as asked for, those of queries with their terms. A test may bring dense vectors of its own.
 */
import type { Clock } from '../../base/clock.js';
import { bufferOf } from '../../base/bytes.js';
import type { Logger } from '../../base/logger.js';
import { Membership } from '../../cluster/membership/membership.js';
import type { Registry } from '../../cluster/registry.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { startRpcServer } from '../../cluster/rpc/server.js';
import { multiplexedHandler } from '../../cluster/rpc/stream-server.js';
import { Node, NodeKind } from '../../proto/generated/shoal/v1/cluster.js';
import {
  EncoderService,
  EncodeResponse,
  GetEncoderInfoResponse,
  InputType,
  type EncodeRequest,
  type EncoderServer,
  type EncodeText,
  type Encoding,
  type TokenizedText,
} from '../../proto/generated/shoal/v1/encoder.js';
import { poolTokens } from '../../vector-index/codebook/pool-tokens.js';
import type { TokenCodec } from '../../vector-index/codebook/token-codec.js';

export const toyModel = 'toy';
export const toyDim = 2;
export const toyTokenDim = 8;
export const vocabulary = ['cobbler', 'mends', 'shoes', 'baker', 'bakes', 'bread', 'a', 'the'];

export interface ToyEncoderOptions {
  readonly id: string;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Codes the tokens of documents; without one they are float32. */
  readonly codec?: TokenCodec;
  readonly dense?: ToyVectors;
}

/** What texts mean. */
export interface ToyVectors {
  readonly dim: number;
  /** float32[dim] */
  of(text: string): Float32Array;
}

export interface ToyEncoder {
  readonly address: string;
  /** Texts of every request, in the order of coming. */
  readonly texts: EncodeText[];
  close(): Promise<void>;
}

export async function startToyEncoder(options: ToyEncoderOptions): Promise<ToyEncoder> {
  const { registry, clock, logger, codec } = options;
  const texts: EncodeText[] = [];
  const serve = async (request: EncodeRequest): Promise<EncodeResponse> => {
    texts.push(...request.texts);
    return EncodeResponse.fromPartial({ encodings: request.texts.map((text) => encodingOf(text, request, options)) });
  };
  const implementation = encoderServer(serve, options);
  const services = [{ definition: EncoderService, implementation }];
  const server = await startRpcServer({ host: '127.0.0.1', port: 0, services, reflection: false, clock, logger });
  const membership = await Membership.take({ registry, clock, logger });
  const kind = NodeKind.NODE_KIND_ENCODER;
  const { address } = server;
  const modelDigest = digestOf(codec);
  await membership.announce(Node.fromPartial({ id: options.id, kind, address, model: toyModel, modelDigest }));
  return {
    address,
    texts,
    close: async () => {
      await membership.leave();
      await server.close();
    },
  };
}

function digestOf(codec: TokenCodec | undefined): string {
  return `toy-${codec?.version ?? 'uncoded'}`;
}

function encoderServer(
  serve: (request: EncodeRequest) => Promise<EncodeResponse>,
  { clock, logger, codec, dense }: ToyEncoderOptions,
): EncoderServer {
  const handler = { clock, logger, deadlineMsDefault: 1_000 };
  const info = GetEncoderInfoResponse.fromPartial({
    model: toyModel,
    modelDigest: digestOf(codec),
    dim: dense?.dim ?? toyDim,
    tokenDim: toyTokenDim,
    reduction: 'mean',
    sparse: 'bm25',
    tokenCodec: codec?.version ?? '',
    tokenCodecTables: Buffer.from(codec?.serialize() ?? []),
  });
  return {
    encodeStream: multiplexedHandler({
      method: EncoderService.encodeStream,
      serve,
      isCancel: ({ cancel }) => cancel,
      failure: (seq, status, message) => EncodeResponse.fromPartial({ seq, status, message }),
      inFlightMax: 100,
      clock,
      logger,
    }),
    encode: unaryHandler(serve, handler),
    tokenize: unaryHandler(async ({ texts }) => ({ texts: texts.map(tokenized) }), handler),
    getEncoderInfo: unaryHandler(async () => info, handler),
  };
}

const whole = ({ title, text }: EncodeText): string => (title === '' ? text : `${title} ${text}`);
const termOf = (number: number): number => number + 1;
const numbersOf = (text: string): number[] =>
  text
    .split(' ')
    .map((word) => vocabulary.indexOf(word))
    .filter((number) => number >= 0);

function encodingOf(
  text: EncodeText,
  request: EncodeRequest,
  { codec, dense }: Pick<ToyEncoderOptions, 'codec' | 'dense'>,
): Encoding {
  const numbers = numbersOf(whole(text));
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  const terms = [...counts].sort(([a], [b]) => a - b);
  const vector = dense?.of(whole(text)) ?? parities(numbers);
  const all = Float32Array.from({ length: numbers.length * toyTokenDim }, (_, i) =>
    Number(numbers[Math.floor(i / toyTokenDim)]! % toyTokenDim === i % toyTokenDim),
  );
  const isCoded = codec !== undefined && request.inputType === InputType.INPUT_TYPE_DOCUMENT;
  const rows = isCoded ? poolTokens(all, toyTokenDim, request.tokenPooling) : all;
  return {
    dense: request.dense ? bufferOf(vector) : Buffer.alloc(0),
    sparse: request.sparse
      ? {
          termIds: bufferOf(Uint32Array.from(terms, ([number]) => termOf(number))),
          weights: bufferOf(Float32Array.from(terms, ([, count]) => count)),
        }
      : undefined,
    tokens: request.multi
      ? {
          count: rows.length / toyTokenDim,
          rows: bufferOf(isCoded ? codec.encode(rows) : rows),
          codec: isCoded ? codec.version : '',
          pooled: false,
        }
      : undefined,
    terms: numbers.length,
    truncated: false,
    termScales: Buffer.alloc(0),
    tokenTerms:
      request.multi && request.inputType === InputType.INPUT_TYPE_QUERY
        ? bufferOf(Uint32Array.from(numbers, termOf))
        : Buffer.alloc(0),
  };
}

function parities(numbers: readonly number[]): Float32Array {
  const odd = numbers.filter((number) => number % 2 === 1).length;
  const length = Math.hypot(numbers.length - odd, odd) || 1;
  return Float32Array.of((numbers.length - odd) / length, odd / length);
}

function tokenized(text: EncodeText): TokenizedText {
  const all = whole(text);
  const tokens: string[] = [];
  const offsets: number[] = [];
  let start = 0;
  for (const word of all.split(' ')) {
    if (vocabulary.includes(word)) {
      tokens.push(word);
      offsets.push(start, start + word.length);
    }
    start += word.length + 1;
  }
  return { tokens, offsets: bufferOf(Uint32Array.from(offsets)) };
}
