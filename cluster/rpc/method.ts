/** What the rpc layer knows of a method: the shape that the generated service definitions have. */

/** One method of a generated `…Service` definition. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  requestSerialize(value: Request): Buffer;
  requestDeserialize(bytes: Buffer): Request;
  responseSerialize(value: Response): Buffer;
  responseDeserialize(bytes: Buffer): Response;
}

/** The request of a multiplexed stream: `seq` and `deadlineMs` are the transport's, the rest is the caller's. */
export interface MultiplexedRequest {
  seq: bigint;
  deadlineMs: number;
}

/** The answer of a multiplexed stream; `status` is a gRPC status number, 0 = done. */
export interface MultiplexedResponse {
  seq: bigint;
  status: number;
  message: string;
}
