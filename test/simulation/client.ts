/** A client of a simulated cluster: calls coordinators over the simulated network, and knows what their errors mean. */
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Method } from '../../cluster/rpc/method.js';
import type { Connections } from '../../cluster/rpc/transport.js';
import type { Machine } from './machine.js';
import { importStream, scrollStream } from './sim/client-streams.js';
import type { SimNetwork } from './sim/network.js';
import type { SimProcess } from './sim/process.js';
import { transportOf } from './sim/transport.js';

export type Outcome<T> =
  { readonly answer: T; readonly error: null } | { readonly answer: null; readonly error: ShoalError };

export class SimClient {
  readonly process: SimProcess;
  readonly #network: SimNetwork;
  readonly #connections: Connections;

  constructor(process: SimProcess, network: SimNetwork) {
    this.process = process;
    this.#network = network;
    this.#connections = transportOf(network, process).connect({ clock: process.clock });
  }

  /** One call to `coordinator`. */
  call<Request, Response>(
    coordinator: Machine,
    method: Method<Request, Response>,
    request: Request,
    ms: number,
  ): Promise<Outcome<Response>> {
    return this.#within(ms, coordinator, (address, deadline) =>
      this.#connections.unary(address, method, request, deadline),
    );
  }

  /** All answers of a server stream. */
  read<Request, Response>(
    coordinator: Machine,
    method: Method<Request, Response>,
    request: Request,
    ms: number,
  ): Promise<Outcome<Response[]>> {
    return this.#within(ms, coordinator, (address, deadline) =>
      scrollStream({ network: this.#network, process: this.process, address, deadline }, method, request),
    );
  }

  /** The answer to a stream of requests. */
  send<Request, Response>(
    coordinator: Machine,
    method: Method<Request, Response>,
    requests: readonly Request[],
    ms: number,
  ): Promise<Outcome<Response>> {
    return this.#within(ms, coordinator, (address, deadline) =>
      importStream({ network: this.#network, process: this.process, address, deadline }, method, requests),
    );
  }

  async #within<T>(
    ms: number,
    coordinator: Machine,
    ask: (address: string, deadline: Deadline) => Promise<T>,
  ): Promise<Outcome<T>> {
    const { address } = coordinator;
    if (address === null) {
      await this.process.sleep(5);
      return { answer: null, error: new ShoalError('UNAVAILABLE', `${coordinator.name} is down`) };
    }
    const deadline = Deadline.after(this.process.clock, ms);
    try {
      return { answer: await ask(address, deadline), error: null };
    } catch (thrown) {
      return { answer: null, error: ShoalError.from(thrown) };
    } finally {
      deadline.close();
    }
  }
}

/** Whether a call that failed so may have been carried out, or be carried out later. */
export function mayHaveHappened({ code }: ShoalError): boolean {
  return ['CANCELLED', 'DEADLINE_EXCEEDED', 'UNAVAILABLE', 'ABORTED', 'RESOURCE_EXHAUSTED', 'INTERNAL'].includes(code);
}
