/** Calls whose answers or requests are streams, as the product's handlers see them, over the simulated network. */
import { EventEmitter } from 'node:events';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import type { Method } from '../../../cluster/rpc/method.js';
import { shoalErrorOf } from '../../../cluster/rpc/status.js';
import type { Pipe, SimNetwork } from './network.js';
import type { SimProcess } from './process.js';

export interface StreamParts {
  readonly network: SimNetwork;
  readonly process: SimProcess;
  readonly address: string;
  readonly deadline: Deadline;
}

/** All answers to `request`, in order. */
export function scrollStream<Request, Response>(
  parts: StreamParts,
  method: Method<Request, Response>,
  request: Request,
): Promise<Response[]> {
  const answers: Response[] = [];
  return conversation<Response[]>(parts, method.path, (talk) => {
    const call = new ServerCall(parts.deadline, talk.process, {
      request: method.requestDeserialize(method.requestSerialize(request)),
      write: (answer) => {
        const bytes = method.responseSerialize(answer as Response);
        talk.tell(() => answers.push(method.responseDeserialize(bytes)));
      },
      end: () => talk.tell(() => talk.resolve(answers)),
      fail: (error) => talk.fail(error),
    });
    talk.onCancel(() => call.emit('cancelled'));
    (talk.implementation as (call: object) => void)(call);
  });
}

/** The answer to `requests`, which are sent one after another as they are read. */
export function importStream<Request, Response>(
  parts: StreamParts,
  method: Method<Request, Response>,
  requests: readonly Request[],
): Promise<Response> {
  return conversation<Response>(parts, method.path, (talk) => {
    let isDestroyed = false;
    async function* read(): AsyncGenerator<Request> {
      for (const request of requests) {
        await talk.process.sleep(parts.network.delay());
        if (isDestroyed) return;
        yield method.requestDeserialize(method.requestSerialize(request));
      }
    }
    const call = new ServerCall(parts.deadline, talk.process, {
      request: null,
      write: () => undefined,
      end: () => undefined,
      fail: () => undefined,
    });
    const whole = Object.assign(call, {
      [Symbol.asyncIterator]: () => read(),
      destroy: () => (isDestroyed = true),
    });
    talk.onCancel(() => call.emit('cancelled'));
    const callback = (error: Partial<ServiceError> | null, answer?: Response): void => {
      if (error !== null) return talk.fail(error);
      const bytes = method.responseSerialize(answer as Response);
      talk.tell(() => talk.resolve(method.responseDeserialize(bytes)));
    };
    (talk.implementation as (call: object, answer: typeof callback) => void)(whole, callback);
  });
}

interface CallParts {
  readonly request: unknown;
  write(answer: unknown): void;
  end(): void;
  fail(error: Partial<ServiceError>): void;
}

/** What a handler holds. */
class ServerCall extends EventEmitter {
  readonly metadata = new Metadata();
  readonly request: unknown;
  readonly #parts: CallParts;
  readonly #endAt: Date;

  constructor(deadline: Deadline, process: SimProcess, parts: CallParts) {
    super();
    this.request = parts.request;
    this.#parts = parts;
    this.#endAt = new Date(process.clock.wallMs() + deadline.remainingMs());
  }

  getDeadline(): Date {
    return this.#endAt;
  }

  write(answer: unknown): boolean {
    this.#parts.write(answer);
    return true;
  }

  end(): void {
    this.#parts.end();
  }

  override emit(event: string, ...values: unknown[]): boolean {
    if (event !== 'error') return super.emit(event, ...values);
    this.#parts.fail(values[0] as Partial<ServiceError>);
    return true;
  }
}

/** One conversation as its server sees it. */
interface Talk<T> {
  readonly process: SimProcess;
  readonly implementation: unknown;
  /** Runs `say` at the client, in order. */
  tell(say: () => void): void;
  resolve(answer: T): void;
  fail(error: Partial<ServiceError>): void;
  onCancel(cancel: () => void): void;
}

function conversation<T>(parts: StreamParts, path: string, serve: (talk: Talk<T>) => void): Promise<T> {
  const { network, process, address, deadline } = parts;
  const peer = address.split(':')[0]!;
  const back: Pipe = network.pipe(peer, process.name);
  return new Promise<T>((resolve, reject) => {
    let cancel = (): void => undefined;
    const release: (() => void)[] = [];
    const settle = (act: () => void): void => {
      for (const each of release.splice(0)) each();
      if (process.isAlive) act();
    };
    const fail = (error: ShoalError): void => settle(() => reject(error));
    const unavailable = (why: string): ShoalError => new ShoalError('UNAVAILABLE', `${address}: ${why}`);
    release.push(
      deadline.onEnd((why) => {
        network.send(process.name, peer, () => cancel());
        fail(why);
      }),
      network.onReset((between) => {
        if (between.includes(process.name) && between.includes(peer)) (cancel(), fail(unavailable('connection reset')));
      }),
    );
    network.send(process.name, peer, () => {
      const listener = network.listener(address);
      const found = listener?.methods.get(path);
      if (listener === null || found === undefined) return back.send(() => fail(unavailable('connection refused')));
      release.push(listener.process.onDeath(() => back.send(() => fail(unavailable('connection lost')))));
      const tell = (say: () => void): void => {
        if (listener.process.isAlive) back.send(say);
      };
      serve({
        process: listener.process,
        implementation: found.implementation,
        tell,
        resolve: (answer) => settle(() => resolve(answer)),
        fail: (error) => tell(() => fail(shoalErrorOf(Object.assign(new Error(error.details), error), undefined))),
        onCancel: (act) => {
          cancel = () => {
            if (listener.process.isAlive) act();
          };
        },
      });
    });
  });
}
