/**
 * The network between simulated processes: the product's own rpc code over connections that delay, stall, break and come apart.
 *
 * Messages are bytes, made and read with the generated codecs. On one connection they keep their order, as on TCP; calls of their
 * own overtake each other. A link that is cut one way or both holds messages until it heals or gives up on the connection. Whether
 * the peer did what it was asked when a call fails is left open in both senses: requests are lost, and so are answers.
 */
import type { RpcServer, RpcServerOptions } from '../../../cluster/rpc/server.js';
import type { Method } from '../../../cluster/rpc/method.js';
import { ShoalError } from '../../../base/errors.js';
import type { SimProcess } from './process.js';
import type { Scheduler } from './scheduler.js';

/** A server that listens. */
export interface Listener {
  readonly process: SimProcess;
  /** By path. */
  readonly methods: ReadonlyMap<string, ServedMethod>;
}

/** A method that a server offers, with what serves it. */
export interface ServedMethod {
  readonly method: Method<unknown, unknown>;
  readonly implementation: unknown;
}

/** One direction of a connection. */
export interface Pipe {
  send(deliver: () => void): void;
}

/** How the way from one machine to another is at this moment. */
interface Link {
  isCut: boolean;
  /** Added to each message. */
  delayMs: number;
  readonly waiting: (() => void)[];
}

/** How long a message takes when all is well. */
const delayMsMax = 1.5;

export class SimNetwork {
  readonly scheduler: Scheduler;
  readonly #listeners = new Map<string, Listener>();
  /** By where from, then by where to. */
  readonly #links = new Map<string, Map<string, Link>>();
  readonly #connections = new Set<(between: readonly [string, string]) => void>();
  #port = 0;
  /** Messages sent so far. */
  messages = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  listener(address: string): Listener | null {
    const listener = this.#listeners.get(address);
    return listener !== undefined && listener.process.isAlive ? listener : null;
  }

  /** Carries `deliver` from one machine to another; at once when they are the same. Held while the link is cut. */
  send(from: string, to: string, deliver: () => void): void {
    this.#sendOn(this.#link(from, to), deliver);
  }

  #sendOn(link: Link, deliver: () => void): void {
    this.messages += 1;
    const pass = (): void => {
      if (link.isCut) link.waiting.push(deliver);
      else deliver();
    };
    this.scheduler.after(this.delay() + link.delayMs, pass);
  }

  /** Resolves when a message from `from` has come to `process`; never once that has ended. */
  arrival(from: string, process: SimProcess): Promise<void> {
    return new Promise((resolve) =>
      this.send(from, process.name, () => {
        if (process.isAlive) resolve();
      }),
    );
  }

  /** A way that keeps the order of what is sent on it, as a connection does. */
  pipe(from: string, to: string): Pipe {
    const waiting: (() => void)[] = [];
    const link = this.#link(from, to);
    // Whichever message arrives: the first one that was sent comes out.
    const arrive = (): void => waiting.shift()?.();
    const send = (deliver: () => void): void => {
      waiting.push(deliver);
      this.#sendOn(link, arrive);
    };
    return { send };
  }

  delay(): number {
    return 0.05 + this.scheduler.random.unit() * delayMsMax;
  }

  isCut(from: string, to: string): boolean {
    return this.#link(from, to).isCut;
  }

  /** Cuts or mends the way from `from` to `to`. What was held comes through in its order when it mends. */
  setCut(from: string, to: string, isCut: boolean): void {
    const link = this.#link(from, to);
    link.isCut = isCut;
    if (isCut) return;
    for (const deliver of link.waiting.splice(0)) this.scheduler.after(link.delayMs, deliver);
  }

  setDelay(from: string, to: string, delayMs: number): void {
    this.#link(from, to).delayMs = delayMs;
  }

  /** Every connection that calls `breakOff` when it concerns it, until the returned function is called. */
  onReset(breakOff: (between: readonly [string, string]) => void): () => void {
    this.#connections.add(breakOff);
    return () => this.#connections.delete(breakOff);
  }

  /** Breaks the connections between two machines, whatever is under way on them. */
  reset(left: string, right: string): void {
    for (const breakOff of [...this.#connections]) breakOff([left, right]);
  }

  /** Listens for `process` until it ends or the server is closed. */
  async serve(process: SimProcess, options: RpcServerOptions): Promise<RpcServer> {
    await process.sleep(this.delay());
    const port = options.port === 0 ? 40_000 + ++this.#port : options.port;
    const address = `${process.name}:${port}`;
    if (this.listener(address) !== null) throw new ShoalError('FAILED_PRECONDITION', `port ${port} is in use`);
    this.#listeners.set(address, { process, methods: methodsOf(options) });
    const close = async (): Promise<void> => void this.#listeners.delete(address);
    process.onDeath(() => this.#listeners.delete(address));
    return { address, setServing: () => undefined, drain: close, close };
  }

  #link(from: string, to: string): Link {
    let links = this.#links.get(from);
    if (links === undefined) this.#links.set(from, (links = new Map()));
    let link = links.get(to);
    if (link === undefined) links.set(to, (link = { isCut: false, delayMs: 0, waiting: [] }));
    return link;
  }
}

function methodsOf({ services }: RpcServerOptions): ReadonlyMap<string, ServedMethod> {
  const methods = new Map<string, ServedMethod>();
  for (const { definition, implementation } of services) {
    for (const [name, method] of Object.entries(definition))
      methods.set(method.path, {
        method: method as unknown as Method<unknown, unknown>,
        implementation: implementation[name],
      });
  }
  return methods;
}
