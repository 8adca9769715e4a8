/** A small server over the real definitions of shoal.v1: its methods are what a test gives, all else answers UNIMPLEMENTED. */
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { systemClock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import { createLogger } from '../../../base/logger.js';
import { unaryHandler } from '../../../cluster/rpc/handlers.js';
import { startRpcServer, type RpcServer, type RpcServerOptions } from '../../../cluster/rpc/server.js';
import { multiplexedHandler, type MultiplexedHandlerOptions } from '../../../cluster/rpc/stream-server.js';
import { DocumentsService } from '../../../proto/generated/shoal/v1/documents.js';
import { EncoderService, EncodeRequest, EncodeResponse } from '../../../proto/generated/shoal/v1/encoder.js';

export const clock = systemClock;
export const logger = createLogger('test', 'silent');
export const handlerOptions = { clock, logger, deadlineMsDefault: 30_000 };

/** How the stream of the encoder is withdrawn from. */
export const encodeStream = {
  method: EncoderService.encodeStream,
  cancel: (seq: bigint): EncodeRequest => EncodeRequest.fromPartial({ seq, cancel: true }),
};

/** A request that names `model` and is otherwise empty. */
export function encodeRequest(model: string): EncodeRequest {
  return EncodeRequest.fromPartial({ model });
}

/** Answers with the request's model as message, or throws the error whose code the model names. */
export async function echo(request: EncodeRequest): Promise<EncodeResponse> {
  if (request.model === 'missing')
    throw new ShoalError('NOT_FOUND', 'no model “missing”', { details: { model: 'missing' } });
  if (request.model === 'defect') throw new TypeError('a secret');
  return EncodeResponse.fromPartial({ message: request.model });
}

type StreamOptions = MultiplexedHandlerOptions<EncodeRequest, EncodeResponse>;

/** The handler of Encoder.EncodeStream over `serve`. */
export function echoStream(options: Partial<StreamOptions> = {}): ReturnType<typeof multiplexedHandler> {
  return multiplexedHandler<EncodeRequest, EncodeResponse>({
    method: EncoderService.encodeStream,
    serve: echo,
    isCancel: (request) => request.cancel,
    failure: (seq, status, message) => EncodeResponse.fromPartial({ seq, status, message }),
    inFlightMax: 100,
    clock,
    logger,
    ...options,
  });
}

export interface EchoServerOptions extends Partial<RpcServerOptions> {
  readonly encoder?: UntypedServiceImplementation;
  readonly documents?: UntypedServiceImplementation;
}

/** A server on a free port of the loopback. */
export async function startEchoServer(options: EchoServerOptions = {}): Promise<RpcServer> {
  const { encoder, documents, ...server } = options;
  const implementation = { encode: unaryHandler(echo, handlerOptions), encodeStream: echoStream(), ...encoder };
  const services = [{ definition: EncoderService, implementation }];
  if (documents !== undefined)
    services.push({ definition: DocumentsService as never, implementation: documents as never });
  return await startRpcServer({ host: '127.0.0.1', port: 0, services, reflection: false, clock, logger, ...server });
}
