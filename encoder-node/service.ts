/** The gRPC face of an encoder node: one stream for coordinators, unary twins for people; both end in the same functions. */
import type { Clock } from '../base/clock.js';
import { limits } from '../base/limits.js';
import type { Logger } from '../base/logger.js';
import { unaryHandler } from '../cluster/rpc/handlers.js';
import { multiplexedHandler, type MultiplexedHandler } from '../cluster/rpc/stream-server.js';
import {
  EncoderService,
  type EncodeRequest,
  type EncodeResponse,
  type EncoderServer,
  type GetEncoderInfoResponse,
} from '../proto/generated/shoal/v1/encoder.js';
import type { EncoderNodeConfig } from './config.js';
import { encode, type EncoderParts } from './encode.js';
import { tokenize } from './tokenize.js';

/** The handlers of `shoal.v1.Encoder` over `parts`; `stream` is drained at shutdown. */
export function encoderService(
  parts: EncoderParts,
  config: EncoderNodeConfig,
  environment: { readonly clock: Clock; readonly logger: Logger },
): { readonly server: EncoderServer; readonly stream: MultiplexedHandler<EncodeRequest, EncodeResponse> } {
  const options = { ...environment, deadlineMsDefault: limits.writeDeadlineMs };
  const stream = multiplexedHandler<EncodeRequest, EncodeResponse>({
    method: EncoderService.encodeStream,
    serve: (request, { deadline }) => encode(request, parts, deadline),
    isCancel: (request) => request.cancel,
    failure: (seq, status, message) => ({ seq, status, message, encodings: [], timings: undefined }),
    inFlightMax: limits.requestsInFlightMax,
    ...options,
  });
  const server: EncoderServer = {
    encodeStream: stream,
    encode: unaryHandler((request, { deadline }) => encode(request, parts, deadline), options),
    tokenize: unaryHandler((request, { deadline }) => tokenize(request, parts, deadline), options),
    getEncoderInfo: unaryHandler(() => Promise.resolve(infoOf(parts, config)), options),
  };
  return { server, stream };
}

function infoOf({ model, scheduler }: EncoderParts, config: EncoderNodeConfig): GetEncoderInfoResponse {
  const { manifest } = model;
  return {
    model: manifest.name,
    modelDigest: model.digest,
    dim: manifest.outputs.dense.dim,
    tokenDim: manifest.outputs.multi?.dim ?? 0,
    reduction: manifest.reduction,
    tokenCodec: model.codec?.version ?? '',
    tokenCodecTables: Buffer.from(model.codecTables),
    sparse: 'bm25',
    executionProvider: config.executionProvider,
    tokenizer: manifest.files[manifest.tokenizer.file]?.sha256 ?? '',
    queryTokensMax: manifest.query.maxLength,
    documentTokensMax: manifest.document.maxLength,
    queueDepth: scheduler.depth,
    workers: config.workers,
  };
}
