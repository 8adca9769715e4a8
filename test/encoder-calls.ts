/** An encoder node asked directly over gRPC, without a coordinator between. */
import { systemClock } from '../base/clock.js';
import { float32From, uint32From } from '../base/bytes.js';
import { channelCredentials, channelOptions, unary } from '../client/sdk/call.js';
import type { SparseVector } from '../client/sdk/types.js';
import {
  EncodeRequest,
  EncoderClient,
  InputType,
  type EncodeResponse,
  type GetEncoderInfoResponse,
} from '../proto/generated/shoal/v1/encoder.js';

/** The three representations of a query. */
export interface EncodedQuery {
  /** float32[dim] */
  readonly dense: Float32Array;
  /** Terms with their number of occurrences. */
  readonly terms: SparseVector;
  /** float32[tokenCount, tokenDim] */
  readonly tokens: Float32Array;
  readonly tokenCount: number;
  /** uint32[tokenCount]: the term of each row, 0 = none. */
  readonly tokenTerms: Uint32Array;
}

export interface EncoderCalls {
  info(): Promise<GetEncoderInfoResponse>;
  query(text: string): Promise<EncodedQuery>;
  /** All representations of documents, in one request. */
  documents(texts: readonly { readonly title: string; readonly text: string }[]): Promise<EncodeResponse>;
  close(): void;
}

/** Calls of the encoder node at `address`. */
export function connectEncoder(address: string): EncoderCalls {
  const client = new EncoderClient(address, channelCredentials, channelOptions);
  const target = { address, clock: systemClock, deadlineMs: 120_000 };
  const encode = (inputType: InputType, texts: readonly { title: string; text: string }[]): Promise<EncodeResponse> => {
    const request = EncodeRequest.fromPartial({ inputType, texts: [...texts], dense: true, sparse: true, multi: true });
    return unary(target, client.encode.bind(client), request);
  };
  return {
    info: () => unary(target, client.getEncoderInfo.bind(client), {}),
    query: async (text) => queryOf(await encode(InputType.INPUT_TYPE_QUERY, [{ title: '', text }])),
    documents: (texts) => encode(InputType.INPUT_TYPE_DOCUMENT, texts),
    close: () => client.close(),
  };
}

function queryOf({ encodings }: EncodeResponse): EncodedQuery {
  const [encoding] = encodings;
  if (encoding?.sparse === undefined || encoding.tokens === undefined) throw new Error('the encoder left a part out');
  return {
    dense: float32From(encoding.dense, 'dense'),
    terms: {
      termIds: uint32From(encoding.sparse.termIds, 'terms'),
      weights: float32From(encoding.sparse.weights, 'occurrences'),
    },
    tokens: float32From(encoding.tokens.rows, 'tokens'),
    tokenCount: encoding.tokens.count,
    tokenTerms: uint32From(encoding.tokenTerms, 'terms of tokens'),
  };
}
