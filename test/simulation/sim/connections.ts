/** A process's connections over the simulated network: the product's multiplexed client on simulated streams, and unary calls. */
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { Metadata } from '@grpc/grpc-js';
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import type { ChannelsOptions, MultiplexedMethod } from '../../../cluster/rpc/channels.js';
import type { Method, MultiplexedRequest, MultiplexedResponse } from '../../../cluster/rpc/method.js';
import { shoalErrorOf } from '../../../cluster/rpc/status.js';
import { MultiplexedClient } from '../../../cluster/rpc/stream-client.js';
import type { Connections } from '../../../cluster/rpc/transport.js';
import { openDuplex } from './duplex.js';
import type { SimNetwork } from './network.js';
import { never, type SimProcess } from './process.js';

type OpenStream = Pick<MultiplexedClient<never, never>, 'close' | 'finish'>;

/** What a unary handler calls back with. */
type UnaryCallback = (error: Partial<ServiceError> | null, response?: unknown) => void;
type UnaryImplementation = (call: object, callback: UnaryCallback) => void;

export class SimConnections implements Connections {
  readonly #network: SimNetwork;
  readonly #process: SimProcess;
  readonly #inFlightMax: number;
  readonly #streams = new Map<string, OpenStream>();
  #isClosed = false;

  constructor(network: SimNetwork, process: SimProcess, options: ChannelsOptions) {
    this.#network = network;
    this.#process = process;
    this.#inFlightMax = options.inFlightMax ?? limits.requestsInFlightMax;
  }

  stream<Request extends MultiplexedRequest, Response extends MultiplexedResponse>(
    address: string,
    multiplexed: MultiplexedMethod<Request, Response>,
  ): MultiplexedClient<Request, Response> {
    const key = `${address}${multiplexed.method.path}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known as MultiplexedClient<Request, Response>;
    const client = new MultiplexedClient<Request, Response>({
      address,
      method: multiplexed.method,
      cancel: (seq) => multiplexed.cancel(seq),
      open: (method) =>
        openDuplex({
          network: this.#network,
          process: this.#process,
          address,
          method,
        }) as unknown as ClientDuplexStream<Buffer, Response>,
      inFlightMax: this.#inFlightMax,
      messageBytesMax: limits.messageBytesMax,
    });
    this.#streams.set(key, client);
    return client;
  }

  async unary<Request, Response>(
    address: string,
    method: Method<Request, Response>,
    request: Request,
    deadline: Deadline,
  ): Promise<Response> {
    if (!this.#process.isAlive) return never<Response>();
    deadline.check();
    if (this.#isClosed) throw new ShoalError('UNAVAILABLE', 'the connections of this node were closed');
    const call = new UnaryCall({ network: this.#network, process: this.#process, address, deadline });
    const bytes = await call.ask(method.path, method.requestSerialize(request));
    return method.responseDeserialize(bytes);
  }

  addresses(): ReadonlySet<string> {
    return new Set([...this.#streams.keys()].map((key) => key.split('/')[0] ?? ''));
  }

  async forget(address: string): Promise<void> {
    const streams = [...this.#streams].filter(([key]) => key.startsWith(`${address}/`));
    for (const [key] of streams) this.#streams.delete(key);
    for (const [, stream] of streams) await stream.finish();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stream of this.#streams.values()) await stream.close();
    this.#streams.clear();
  }
}

interface UnaryParts {
  readonly network: SimNetwork;
  readonly process: SimProcess;
  readonly address: string;
  readonly deadline: Deadline;
}

/** One call on its way there and back. */
class UnaryCall {
  readonly #parts: UnaryParts;
  readonly #peer: string;
  #settle: (outcome: Buffer | ShoalError) => void = () => undefined;
  #cancelServer: () => void = () => undefined;

  constructor(parts: UnaryParts) {
    this.#parts = parts;
    this.#peer = parts.address.split(':')[0]!;
  }

  ask(path: string, bytes: Buffer): Promise<Buffer> {
    const { network, process, deadline } = this.#parts;
    return new Promise<Buffer>((resolve, reject) => {
      let isSettled = false;
      const detach = deadline.onEnd((why) => {
        network.send(process.name, this.#peer, () => this.#cancelServer());
        this.#settle(why);
      });
      const stopListening = network.onReset((between) => {
        if (between.includes(process.name) && between.includes(this.#peer)) this.#break('connection reset');
      });
      this.#settle = (outcome) => {
        if (isSettled || !process.isAlive) return;
        isSettled = true;
        stopListening();
        detach();
        if (outcome instanceof ShoalError) reject(outcome);
        else resolve(outcome);
      };
      network.send(process.name, this.#peer, () => this.#serve(path, bytes));
    });
  }

  #serve(path: string, bytes: Buffer): void {
    const listener = this.#parts.network.listener(this.#parts.address);
    if (listener === null) return this.#answer(new ShoalError('UNAVAILABLE', this.#why('connection refused')));
    const { process } = listener;
    const found = listener.methods.get(path);
    if (found === undefined) return this.#answer(new ShoalError('UNIMPLEMENTED', `${path} is not served`));
    const stop = process.onDeath(() => this.#answer(new ShoalError('UNAVAILABLE', this.#why('connection lost'))));
    const listeners: (() => void)[] = [];
    const endAt = process.clock.wallMs() + this.#parts.deadline.remainingMs();
    this.#cancelServer = () => {
      if (process.isAlive) for (const listen of listeners.splice(0)) listen();
    };
    const call = {
      request: found.method.requestDeserialize(bytes),
      metadata: new Metadata(),
      getDeadline: () => new Date(endAt),
      on: (event: string, listen: () => void) => void (event === 'cancelled' && listeners.push(listen)),
    };
    (found.implementation as UnaryImplementation)(call, (error, response) => {
      stop();
      if (!process.isAlive) return;
      if (error !== null) this.#answer(shoalErrorOf(Object.assign(new Error(error.details), error), undefined));
      else this.#answer(found.method.responseSerialize(response));
    });
  }

  #answer(outcome: Buffer | ShoalError): void {
    this.#parts.network.send(this.#peer, this.#parts.process.name, () => this.#settle(outcome));
  }

  #break(why: string): void {
    this.#cancelServer();
    this.#settle(new ShoalError('UNAVAILABLE', this.#why(why)));
  }

  #why(why: string): string {
    return `${this.#parts.address} cannot be reached: ${why}`;
  }
}
