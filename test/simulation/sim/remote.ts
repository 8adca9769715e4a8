/** How simulated processes call the services beside the cluster (log, registry, objects): over the network, in order, with a limit on time. */
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import type { Pipe, SimNetwork } from './network.js';
import { never, type SimProcess } from './process.js';

/** How long a call without a deadline of its own waits. */
const patienceMs = 5_000;

/** The machine on which a service runs. */
export interface SimHost {
  readonly name: string;
  /** Refuses calls at once while it is down. */
  isDown: boolean;
  /** Share of the answers that are lost, with the connection. */
  lostAnswers: number;
}

export class Remote {
  readonly #network: SimNetwork;
  readonly #process: SimProcess;
  readonly #host: SimHost;
  readonly #there: Pipe;

  constructor(network: SimNetwork, process: SimProcess, host: SimHost) {
    this.#network = network;
    this.#process = process;
    this.#host = host;
    this.#there = network.pipe(process.name, host.name);
  }

  /**
   * Runs `serve` on the host and brings its answer back. UNAVAILABLE when the host is down, the answer is lost or time is up:
   * then it may have run, or run later.
   */
  call<T>(serve: () => T | Promise<T>, deadline?: Deadline): Promise<T> {
    if (!this.#process.isAlive) return never<T>();
    return new Promise<T>((resolve, reject) => {
      const settle = (act: () => void): void => {
        timer.cancel();
        detach?.();
        if (this.#process.isAlive) act();
      };
      const fail = (why: string): void =>
        settle(() => reject(new ShoalError('UNAVAILABLE', `the ${this.#host.name} cannot be reached: ${why}`)));
      const detach = deadline?.onEnd((why) => settle(() => reject(why)));
      const waitMs = Math.min(patienceMs, deadline?.remainingMs() ?? patienceMs);
      const timer = this.#process.after(waitMs, () => fail('no answer'));
      this.#there.send(() => {
        if (this.#host.isDown) return this.#back(() => fail('connection refused'));
        void this.#served(serve).then((bring) => {
          const isLost = this.#host.lostAnswers > 0 && this.#process.random.unit() < this.#host.lostAnswers;
          if (isLost) this.#back(() => fail('connection reset'));
          else this.#back(() => settle(() => bring(resolve, reject)));
        });
      });
    });
  }

  /** Runs `serve` on the host, in order with the calls; held while the way there is cut. */
  post(serve: () => void): void {
    if (this.#process.isAlive) this.#there.send(serve);
  }

  async #served<T>(
    serve: () => T | Promise<T>,
  ): Promise<(resolve: (value: T) => void, reject: (error: unknown) => void) => void> {
    try {
      const value = await serve();
      return (resolve) => resolve(value);
    } catch (error) {
      return (_, reject) => reject(error);
    }
  }

  #back(deliver: () => void): void {
    this.#network.send(this.#host.name, this.#process.name, deliver);
  }
}
