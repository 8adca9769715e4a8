/** How the client calls a node: one channel, message limits, deadlines. Retries are the cluster's business, not the client's. */
import { credentials, Metadata, type CallOptions, type ChannelOptions, type ServiceError } from '@grpc/grpc-js';
import { limits } from '../../base/limits.js';
import { errorOfCall } from './errors.js';
import type { Clock } from '../../base/clock.js';

/** Where calls go and how long they may take. */
export interface Target {
  /** HOST:PORT. */
  readonly address: string;
  readonly clock: Clock;
  /** Deadline of a call that names none, in milliseconds. */
  readonly deadlineMs: number;
}

/** Plain-text credentials: transport security ends at the cluster's edge. */
export const channelCredentials = credentials.createInsecure();

/** Options of every channel. A proxy for web traffic is not for the cluster's own. */
export const channelOptions: ChannelOptions = {
  'grpc.max_receive_message_length': limits.answerBytesMax,
  'grpc.max_send_message_length': limits.messageBytesMax,
  'grpc.enable_http_proxy': 0,
  'grpc.keepalive_time_ms': 30_000,
};

/** A unary method of a generated client, bound to it. */
export type UnaryMethod<Request, Answer> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: (error: ServiceError | null, answer: Answer) => void,
) => unknown;

/** The answer of one unary call, within `deadlineMs` (the target's default when not given); throws ShoalError. */
export function unary<Request, Answer>(
  target: Target,
  method: UnaryMethod<Request, Answer>,
  request: Request,
  deadlineMs: number = target.deadlineMs,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { deadline: target.clock.wallMs() + deadlineMs };
    method(request, new Metadata(), options, (error, answer) => {
      if (error !== null) reject(errorOfCall(error, target.address));
      else resolve(answer);
    });
  });
}
