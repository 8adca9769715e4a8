/**
 * The server's side of a multiplexed stream: many requests under way on one long-lived bidirectional call.
 *
 * Such a stream costs a third to a fifth of a unary call's CPU. What gRPC gives to unary calls is made here: a deadline for each
 * request, cancellation by a message, a limit on work under way, and an answer for each failure, so that no request ends
 * the stream for the others.
 */
import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import type { Method, MultiplexedRequest, MultiplexedResponse } from './method.js';
import { statusOf } from './status.js';

export interface MultiplexedHandlerOptions<Request, Response> {
  /** The method of the generated service definition, which serializes the answers. */
  readonly method: Method<Request, Response>;
  /** Answers one request; the answer's `seq` is filled in. What it throws becomes `failure`. */
  serve(request: Request, context: { readonly deadline: Deadline }): Promise<Response>;
  /** Whether the message withdraws the request of its `seq`. */
  isCancel(request: Request): boolean;
  failure(seq: bigint, status: number, message: string): Response;
  /** Requests under way on all streams of this handler; more are refused with RESOURCE_EXHAUSTED. */
  readonly inFlightMax: number;
  /** Milliseconds for requests that bring no deadline. */
  readonly deadlineMsDefault?: number;
  /** Bytes of one answer; a larger one becomes a failure. */
  readonly messageBytesMax?: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A handler of a multiplexed stream. */
export interface MultiplexedHandler<Request, Response> {
  (call: Parameters<handleBidiStreamingCall<Request, Response>>[0]): void;
  /** Reads no more requests, answers those under way and ends every stream. */
  drain(): void;
}

/** The handler of a multiplexed method. Streams that break cancel what is under way; a half-closed one is answered first. */
export function multiplexedHandler<Request extends MultiplexedRequest, Response extends MultiplexedResponse>(
  options: MultiplexedHandlerOptions<Request, Response>,
): MultiplexedHandler<Request, Response> {
  const admission = { inFlight: 0 };
  const streams = new Set<MultiplexedStream<Request, Response>>();
  const handle = (call: ServerDuplexStream<Request, Response | Buffer>): void => {
    const stream = new MultiplexedStream(call, options, admission, () => streams.delete(stream));
    streams.add(stream);
  };
  return Object.assign(handle, {
    drain: () => {
      for (const stream of streams) stream.drain();
    },
  });
}

/** One open stream and what is under way on it. */
class MultiplexedStream<Request extends MultiplexedRequest, Response extends MultiplexedResponse> {
  readonly #call: ServerDuplexStream<Request, Response | Buffer>;
  readonly #options: MultiplexedHandlerOptions<Request, Response>;
  readonly #admission: { inFlight: number };
  readonly #underWay = new Map<bigint, Deadline>();
  readonly #onClose: () => void;
  #isEnding = false;
  #isClosed = false;

  constructor(
    call: ServerDuplexStream<Request, Response | Buffer>,
    options: MultiplexedHandlerOptions<Request, Response>,
    admission: { inFlight: number },
    onClose: () => void,
  ) {
    this.#call = call;
    this.#options = options;
    this.#admission = admission;
    this.#onClose = onClose;
    call.on('data', (request: Request) => this.#receive(request));
    call.on('end', () => this.drain());
    call.on('cancelled', () => this.#close());
    call.on('error', () => this.#close());
    call.on('drain', () => call.resume());
  }

  drain(): void {
    this.#isEnding = true;
    this.#call.pause();
    this.#endWhenIdle();
  }

  #receive(request: Request): void {
    if (this.#options.isCancel(request)) {
      this.#underWay.get(request.seq)?.cancel();
      return;
    }
    const refusal = this.#refusal(request);
    if (refusal !== null) {
      this.#fail(request.seq, refusal);
      return;
    }
    // Never rejects: #work turns whatever goes wrong into an answer.
    void this.#work(request);
  }

  #refusal(request: Request): ShoalError | null {
    const { inFlightMax } = this.#options;
    if (this.#admission.inFlight >= inFlightMax) {
      return new ShoalError(
        'RESOURCE_EXHAUSTED',
        `the node works on ${inFlightMax} requests already, its limit; try again later or elsewhere`,
      );
    }
    if (!this.#underWay.has(request.seq)) return null;
    return new ShoalError('INVALID_ARGUMENT', `seq ${request.seq} is under way on this stream already; choose another`);
  }

  async #work(request: Request): Promise<void> {
    const { serve, clock, deadlineMsDefault = limits.writeDeadlineMs } = this.#options;
    const ms = request.deadlineMs === 0 ? deadlineMsDefault : request.deadlineMs;
    const deadline = Deadline.after(clock, ms);
    this.#underWay.set(request.seq, deadline);
    this.#admission.inFlight += 1;
    try {
      const response = await serve(request, { deadline });
      response.seq = request.seq;
      if (!isCancelled(deadline)) this.#send(response);
    } catch (thrown) {
      if (!isCancelled(deadline)) this.#fail(request.seq, deadline.ended ?? thrown);
    } finally {
      deadline.close();
      this.#underWay.delete(request.seq);
      this.#admission.inFlight -= 1;
      this.#endWhenIdle();
    }
  }

  #fail(seq: bigint, thrown: unknown): void {
    const status = statusOf(thrown, this.#options.logger);
    this.#send(this.#options.failure(seq, status.code, status.details));
  }

  /** Serialized here rather than by gRPC, which would end the whole stream over one answer that is too large or malformed. */
  #send(response: Response): void {
    if (this.#isClosed) return;
    const { method, messageBytesMax = limits.messageBytesMax } = this.#options;
    const bytes = method.responseSerialize(response);
    if (bytes.length > messageBytesMax) {
      throw new ShoalError(
        'RESOURCE_EXHAUSTED',
        `the answer has ${bytes.length} bytes, above the limit of ${messageBytesMax}; ask for fewer results`,
      );
    }
    const mayGoOn = this.#call.write(bytes);
    if (!mayGoOn && !this.#isEnding) this.#call.pause();
  }

  #endWhenIdle(): void {
    if (!this.#isEnding || this.#isClosed || this.#underWay.size > 0) return;
    this.#call.end();
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const deadline of this.#underWay.values()) deadline.cancel();
    this.#onClose();
  }
}

function isCancelled(deadline: Deadline): boolean {
  return deadline.ended?.code === 'CANCELLED';
}
