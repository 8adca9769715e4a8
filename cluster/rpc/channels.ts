/**
 * The connections of a node to its peers: one channel an address, shared by every call, opened by the first one.
 *
 * Nodes pass methods of the generated service definitions (`ShardService.scan`); no generated client is needed.
 */
import { Client, credentials, Metadata, type ChannelOptions, type ClientDuplexStream } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Method, MultiplexedRequest, MultiplexedResponse } from './method.js';
import { shoalErrorOf } from './status.js';
import { MultiplexedClient } from './stream-client.js';

/** Room for the envelope around a message of the largest size. */
export const messageSlackBytes = 1024 * 1024;

export interface ChannelsOptions {
  /** Bytes of one message, both ways. */
  readonly messageBytesMax?: number;
  /** Calls under way on one multiplexed stream. */
  readonly inFlightMax?: number;
  readonly clock: Clock;
}

/** How a multiplexed method is withdrawn from: the message that cancels the request `seq`. */
export interface MultiplexedMethod<Request, Response> {
  readonly method: Method<Request, Response>;
  cancel(seq: bigint): Request;
}

type OpenStream = Pick<MultiplexedClient<never, never>, 'close' | 'finish'>;

/** A pool of channels. The creator closes it. */
export class Channels {
  readonly #messageBytesMax: number;
  readonly #inFlightMax: number;
  readonly #clock: Clock;
  readonly #clients = new Map<string, Client>();
  readonly #streams = new Map<string, OpenStream>();
  /** Streams to forgotten addresses that calls under way still need. */
  readonly #leaving = new Set<OpenStream>();
  #isClosed = false;

  constructor(options: ChannelsOptions) {
    this.#messageBytesMax = options.messageBytesMax ?? limits.messageBytesMax;
    this.#inFlightMax = options.inFlightMax ?? limits.requestsInFlightMax;
    this.#clock = options.clock;
  }

  /** The multiplexed stream of a bidirectional method to `address` (HOST:PORT); one for each address and method. */
  stream<Request extends MultiplexedRequest, Response extends MultiplexedResponse>(
    address: string,
    multiplexed: MultiplexedMethod<Request, Response>,
  ): MultiplexedClient<Request, Response> {
    const key = `${address}${multiplexed.method.path}`;
    const known = this.#streams.get(key);
    // The path determines the types.
    if (known !== undefined) return known as MultiplexedClient<Request, Response>;
    const client = new MultiplexedClient<Request, Response>({
      address,
      method: multiplexed.method,
      cancel: (seq) => multiplexed.cancel(seq),
      open: (method) => this.#openStream(address, method),
      inFlightMax: this.#inFlightMax,
      messageBytesMax: this.#messageBytesMax,
    });
    this.#streams.set(key, client);
    return client;
  }

  /** One unary call to `address`. Rejects with a ShoalError; `deadline` is passed on and its end cancels the call. */
  async unary<Request, Response>(
    address: string,
    method: Method<Request, Response>,
    request: Request,
    deadline: Deadline,
  ): Promise<Response> {
    deadline.check();
    const client = this.#client(address);
    const at = new Date(this.#clock.wallMs() + deadline.remainingMs());
    return await new Promise<Response>((resolve, reject) => {
      const call = client.makeUnaryRequest<Request, Response>(
        method.path,
        (value) => method.requestSerialize(value),
        (bytes) => method.responseDeserialize(bytes),
        request,
        new Metadata(),
        { deadline: at },
        (thrown, response) => {
          detach();
          if (thrown === null && response !== undefined) resolve(response);
          else reject(deadline.ended ?? shoalErrorOf(thrown, address));
        },
      );
      const detach = deadline.onEnd(() => call.cancel());
    });
  }

  /** The addresses to which there are connections. */
  addresses(): ReadonlySet<string> {
    return new Set([...this.#clients.keys(), ...[...this.#streams.keys()].map((key) => key.split('/')[0] ?? '')]);
  }

  /**
   * Closes the connections to `address`, whose node leaves, once the calls under way have ended: a node that leaves answers what
   * it was asked. A later call opens new ones.
   */
  async forget(address: string): Promise<void> {
    const client = this.#clients.get(address);
    const streams = [...this.#streams].filter(([key]) => key.startsWith(`${address}/`));
    this.#clients.delete(address);
    for (const [key, stream] of streams) {
      this.#streams.delete(key);
      this.#leaving.add(stream);
    }
    for (const [, stream] of streams) {
      await stream.finish();
      this.#leaving.delete(stream);
    }
    client?.close();
  }

  /** Closes every connection; calls under way fail. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stream of [...this.#leaving, ...this.#streams.values()]) await stream.close();
    this.#streams.clear();
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #openStream<Request, Response>(
    address: string,
    method: Method<Request, Response>,
  ): ClientDuplexStream<Buffer, Response> {
    return this.#client(address).makeBidiStreamRequest<Buffer, Response>(
      method.path,
      (bytes) => bytes,
      (bytes) => method.responseDeserialize(bytes),
    );
  }

  #client(address: string): Client {
    if (this.#isClosed) throw new ShoalError('UNAVAILABLE', 'the connections of this node were closed');
    const known = this.#clients.get(address);
    if (known !== undefined) return known;
    const client = new Client(address, credentials.createInsecure(), channelOptions(this.#messageBytesMax));
    this.#clients.set(address, client);
    return client;
  }
}

/** Keepalive finds a dead peer within 40 s even on an idle stream; back-off is bounded so that a restarted one is found within 2 s. */
function channelOptions(messageBytesMax: number): ChannelOptions {
  const bytes = messageBytesMax + messageSlackBytes;
  return {
    'grpc.max_receive_message_length': bytes,
    'grpc.max_send_message_length': bytes,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.client_idle_timeout_ms': 24 * 3_600_000,
    'grpc.use_local_subchannel_pool': 1,
  };
}
