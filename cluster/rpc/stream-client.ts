/**
 * The caller's side of a multiplexed stream: `call` looks like a unary call and costs a third of one.
 *
 * Answers are matched by `seq`. A stream is opened by the first call and again by the first call after it broke; calls under way on
 * a broken stream fail with UNAVAILABLE, and it is for the caller to decide whether to repeat them. Failing is quick while the
 * peer is away: the channel's back-off bounds how often it is tried, never how long a call takes.
 */
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Deadline } from '../../base/deadline.js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import type { Method, MultiplexedRequest, MultiplexedResponse } from './method.js';
import { shoalErrorOf } from './status.js';

export interface MultiplexedClientOptions<Request, Response> {
  /** HOST:PORT of the peer, for messages. */
  readonly address: string;
  readonly method: Method<Request, Response>;
  /** Opens a call whose requests are bytes already. */
  open(method: Method<Request, Response>): ClientDuplexStream<Buffer, Response>;
  /** The message that withdraws the request `seq`. */
  cancel(seq: bigint): Request;
  /** Calls under way; more are refused with RESOURCE_EXHAUSTED. */
  readonly inFlightMax: number;
  /** Bytes of one request; a larger one is refused with RESOURCE_EXHAUSTED. */
  readonly messageBytesMax: number;
}

/** A request as callers give it. */
export type Unsequenced<Request> = Omit<Request, keyof MultiplexedRequest>;

interface PendingCall<Response> {
  readonly bytes: Buffer;
  isSent: boolean;
  resolve(response: Response): void;
  reject(error: ShoalError): void;
}

export class MultiplexedClient<Request extends MultiplexedRequest, Response extends MultiplexedResponse> {
  readonly #options: MultiplexedClientOptions<Request, Response>;
  /** By seq, in the order of sending. */
  readonly #pending = new Map<bigint, PendingCall<Response>>();
  #outbox: PendingCall<Response>[] = [];
  #stream: ClientDuplexStream<Buffer, Response> | null = null;
  #lastSeq = 0n;
  /** Called when no call is under way any more. */
  #onIdle: () => void = () => undefined;
  #isClosed = false;

  constructor(options: MultiplexedClientOptions<Request, Response>) {
    this.#options = options;
  }

  /** Calls under way, sent or waiting to be sent. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Sends `request` and resolves with its answer. Rejects with the answer's status as ShoalError, DEADLINE_EXCEEDED or CANCELLED
   * when `deadline` ends (the peer is told), UNAVAILABLE when the stream breaks, RESOURCE_EXHAUSTED above a limit.
   */
  async call(request: Unsequenced<Request>, deadline: Deadline): Promise<Response> {
    deadline.check();
    this.#assertAdmitted();
    this.#lastSeq += 1n;
    const seq = this.#lastSeq;
    const bytes = this.#serialize(request, seq, deadline);
    return await new Promise<Response>((resolve, reject) => {
      const detach = deadline.onEnd((why) => this.#withdraw(seq, why));
      const forget = (): void => {
        this.#pending.delete(seq);
        if (this.#pending.size === 0) this.#onIdle();
        detach();
      };
      const pending: PendingCall<Response> = {
        bytes,
        isSent: false,
        resolve: (response) => (forget(), resolve(response)),
        reject: (error) => (forget(), reject(error)),
      };
      this.#pending.set(seq, pending);
      this.#outbox.push(pending);
      this.#flush();
    });
  }

  /** Ends the stream once the calls under way have ended, each by its deadline at the latest. The caller makes no more of them. */
  async finish(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await this.close();
  }

  /** Ends the stream; calls under way fail with UNAVAILABLE, later ones too. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const stream = this.#stream;
    this.#break(new ShoalError('UNAVAILABLE', `the connection to ${this.#options.address} was closed`));
    stream?.cancel();
  }

  #assertAdmitted(): void {
    const { address, inFlightMax } = this.#options;
    if (this.#isClosed) throw new ShoalError('UNAVAILABLE', `the connection to ${address} was closed`);
    if (this.#pending.size < inFlightMax) return;
    const message = `${inFlightMax} calls to ${address} are under way already, the limit; try again later`;
    throw new ShoalError('RESOURCE_EXHAUSTED', message);
  }

  #serialize(request: Unsequenced<Request>, seq: bigint, deadline: Deadline): Buffer {
    const { method, messageBytesMax } = this.#options;
    const deadlineMs = Math.max(1, Math.ceil(deadline.remainingMs()));
    const whole = { ...request, seq, deadlineMs } as Request;
    const bytes = method.requestSerialize(whole);
    if (bytes.length <= messageBytesMax) return bytes;
    const message = `the request has ${bytes.length} bytes, above the limit of ${messageBytesMax}; send less at once`;
    throw new ShoalError('RESOURCE_EXHAUSTED', message);
  }

  /** Writes what waits until the transport is full; 'drain' goes on. */
  #flush(): void {
    if (this.#outbox.length === 0) return;
    const stream = this.#connected();
    const waiting = this.#outbox;
    let next = 0;
    while (next < waiting.length && !stream.writableNeedDrain) {
      const pending = waiting[next];
      next += 1;
      if (pending === undefined) break;
      pending.isSent = true;
      stream.write(pending.bytes);
    }
    this.#outbox = next === waiting.length ? [] : waiting.slice(next);
  }

  #connected(): ClientDuplexStream<Buffer, Response> {
    if (this.#stream !== null) return this.#stream;
    const { address, method } = this.#options;
    const stream = this.#options.open(method);
    this.#stream = stream;
    const broken = (error: ShoalError): void => {
      if (this.#stream === stream) this.#break(error);
    };
    stream.on('data', (response: Response) => this.#receive(response));
    stream.on('drain', () => this.#flush());
    stream.on('error', (thrown: Error) => broken(brokenStream(thrown, address)));
    stream.on('end', () => broken(new ShoalError('UNAVAILABLE', `${address} ended the stream; try again`)));
    return stream;
  }

  #receive(response: Response): void {
    const pending = this.#pending.get(response.seq);
    // Withdrawn meanwhile: its caller has been told already.
    if (pending === undefined) return;
    if (response.status === 0) pending.resolve(response);
    else pending.reject(new ShoalError(codeOfStatus(response.status), response.message));
  }

  #withdraw(seq: bigint, why: ShoalError): void {
    const pending = this.#pending.get(seq);
    if (pending === undefined) return;
    pending.reject(why);
    if (!pending.isSent) this.#outbox = this.#outbox.filter((other) => other !== pending);
    // When the transport is full the peer finds out by its own deadline.
    else if (this.#stream?.writableNeedDrain === false) this.#sendCancel(this.#stream, seq);
  }

  #sendCancel(stream: ClientDuplexStream<Buffer, Response>, seq: bigint): void {
    const { method, cancel } = this.#options;
    stream.write(method.requestSerialize(cancel(seq)));
  }

  #break(error: ShoalError): void {
    this.#stream = null;
    this.#outbox = [];
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }
}

/** What ended the stream says little about each call on it: all are UNAVAILABLE unless the peer refused the stream itself. */
function brokenStream(thrown: Error, address: string): ShoalError {
  const error = shoalErrorOf(thrown, address);
  const isRefusal = ['UNIMPLEMENTED', 'UNAUTHENTICATED', 'PERMISSION_DENIED', 'UNAVAILABLE'].includes(error.code);
  if (isRefusal) return error;
  return new ShoalError('UNAVAILABLE', `the stream to ${address} broke: ${error.message}`, { cause: thrown });
}
