/**
 * From a gRPC call to a plain async function and back: deadline, cancellation, back-pressure and errors in one place.
 *
 * Service code sees requests, a Deadline and ShoalErrors; it never sees a gRPC type.
 */
import type {
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { once } from 'node:events';
import type { Clock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { shoalErrorOf, statusOf } from './status.js';

/** What a handler knows of the call besides its request. */
export interface CallContext {
  /** The caller's, or the default; ends too when the caller cancels or its connection breaks. Closed by the handler. */
  readonly deadline: Deadline;
  /** The first value of a request header, lower-case name; undefined when it was not sent. */
  header(name: string): string | undefined;
}

export interface HandlerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for calls that bring no deadline; Infinity = as long as a deadline can be. */
  readonly deadlineMsDefault: number;
}

/** What a server may do to the calls of a streaming handler that is still under way when the node stops. */
export interface Stoppable {
  /** Ends every open call with UNAVAILABLE. */
  stop(): void;
}

interface ServerCall extends Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline' | 'metadata'> {
  on(event: 'cancelled', listener: () => void): unknown;
}

/** A handler of one request and one answer. */
export function unaryHandler<Request, Response>(
  serve: (request: Request, context: CallContext) => Promise<Response>,
  options: HandlerOptions,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    void answer(call, options, (context) => serve(call.request, context), callback);
  };
}

/**
 * A handler of a stream of requests and one answer. `requests` is pulled: while `serve` works on one, the caller is paused by
 * HTTP/2 flow control after at most 16 messages.
 */
export function clientStreamHandler<Request, Response>(
  serve: (requests: AsyncIterable<Request>, context: CallContext) => Promise<Response>,
  options: HandlerOptions,
): handleClientStreamingCall<Request, Response> & Stoppable {
  const open = new OpenCalls('run the import again');
  const handle: handleClientStreamingCall<Request, Response> = (call, callback) => {
    const work = (context: CallContext): Promise<Response> =>
      open.during(context.deadline, () => serve(requestsOf(call, context.deadline), context));
    void answer(call, options, work, callback);
  };
  return Object.assign(handle, { stop: () => open.stop() });
}

/** A handler of one request and a stream of answers, which are pulled from `serve` as fast as the caller reads them. */
export function serverStreamHandler<Request, Response>(
  serve: (request: Request, context: CallContext) => AsyncIterable<Response>,
  options: HandlerOptions,
): handleServerStreamingCall<Request, Response> & Stoppable {
  const open = new OpenCalls('read again from the last answer on');
  const handle: handleServerStreamingCall<Request, Response> = (call) => {
    void stream(call, { ...options, open }, (context) => serve(call.request, context));
  };
  return Object.assign(handle, { stop: () => open.stop() });
}

/** The deadlines of one handler's calls under way. */
class OpenCalls {
  readonly #todo: string;
  readonly #deadlines = new Set<Deadline>();

  constructor(todo: string) {
    this.#todo = todo;
  }

  async during<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
    this.#deadlines.add(deadline);
    try {
      return await work();
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  stop(): void {
    for (const deadline of this.#deadlines)
      deadline.cancel(new ShoalError('UNAVAILABLE', `the node is stopping; ${this.#todo}`));
  }
}

type Callback<Response> = (error: ReturnType<typeof statusOf> | null, response?: Response) => void;

/** Never rejects: whatever goes wrong is the caller's answer. */
async function answer<Response>(
  call: ServerCall,
  options: HandlerOptions,
  serve: (context: CallContext) => Promise<Response>,
  callback: Callback<Response>,
): Promise<void> {
  const context = contextOf(call, options);
  try {
    callback(null, await serve(context));
  } catch (thrown) {
    callback(statusOf(thrown, options.logger));
  } finally {
    context.deadline.close();
  }
}

async function stream<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  options: HandlerOptions & { readonly open: OpenCalls },
  serve: (context: CallContext) => AsyncIterable<Response>,
): Promise<void> {
  const context = contextOf(call, options);
  const { deadline } = context;
  try {
    await options.open.during(deadline, async () => {
      for await (const response of serve(context)) {
        deadline.check();
        if (!call.write(response)) await once(call, 'drain', { signal: deadline.signal });
      }
    });
    call.end();
  } catch (thrown) {
    const status = statusOf(deadline.ended ?? thrown, options.logger);
    call.emit('error', Object.assign(new Error(status.details), status));
  } finally {
    deadline.close();
  }
}

async function* requestsOf<Request>(
  call: ServerReadableStream<Request, unknown>,
  deadline: Deadline,
): AsyncGenerator<Request> {
  // Else one who sends nothing would keep the call open beyond its deadline, or a stopping node.
  deadline.onEnd(() => call.destroy());
  try {
    for await (const request of call) {
      deadline.check();
      yield request as Request;
    }
    // A caller who goes away looks at first like one who has finished; the cancellation follows within the turn.
    await deadline.clock.pause();
    deadline.check();
  } catch (thrown) {
    deadline.check();
    throw shoalErrorOf(thrown);
  }
}

function contextOf(call: ServerCall, options: HandlerOptions): CallContext {
  const deadline = Deadline.after(options.clock, deadlineMsOf(call, options));
  call.on('cancelled', () => deadline.cancel());
  return { deadline, header: (name) => call.metadata.get(name)[0]?.toString() };
}

/** gRPC gives the deadline as an instant of wall time, Infinity when the caller set none. */
function deadlineMsOf(call: ServerCall, options: HandlerOptions): number {
  const at = call.getDeadline();
  const ms = (at instanceof Date ? at.getTime() : at) - options.clock.wallMs();
  return Number.isFinite(ms) ? ms : options.deadlineMsDefault;
}
