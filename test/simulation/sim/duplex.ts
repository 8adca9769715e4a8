/** A bidirectional stream over the simulated network: both ends look as gRPC's do to the product's multiplexed client and server. */
import { EventEmitter } from 'node:events';
import { Metadata } from '@grpc/grpc-js';
import type { Method } from '../../../cluster/rpc/method.js';
import type { Pipe, SimNetwork } from './network.js';
import type { SimProcess } from './process.js';

export interface DuplexParts<Request, Response> {
  readonly network: SimNetwork;
  readonly process: SimProcess;
  readonly address: string;
  readonly method: Method<Request, Response>;
}

/** Opens a stream to `address`; it is connected when its first message arrives. */
export function openDuplex<Request, Response>(parts: DuplexParts<Request, Response>): ClientEnd {
  return new Duplex(parts as unknown as DuplexParts<unknown, unknown>).client;
}

/** What the caller holds. */
export class ClientEnd extends EventEmitter {
  readonly writableNeedDrain = false;
  readonly #write: (bytes: Buffer) => void;
  readonly #cancel: () => void;

  constructor(write: (bytes: Buffer) => void, cancel: () => void) {
    super();
    this.#write = write;
    this.#cancel = cancel;
  }

  write(bytes: Buffer): boolean {
    this.#write(bytes);
    return true;
  }

  cancel(): void {
    this.#cancel();
  }
}

/** What the handler holds. */
class ServerEnd extends EventEmitter {
  readonly metadata = new Metadata();
  readonly #write: (bytes: Buffer) => void;
  readonly #end: () => void;
  isPaused = false;

  constructor(write: (bytes: Buffer) => void, end: () => void) {
    super();
    this.#write = write;
    this.#end = end;
  }

  write(bytes: Buffer): boolean {
    this.#write(bytes);
    return true;
  }

  end(): void {
    this.#end();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

class Duplex {
  readonly client: ClientEnd;
  readonly #parts: DuplexParts<unknown, unknown>;
  readonly #peer: string;
  #server: ServerEnd | null = null;
  #serverProcess: SimProcess | null = null;
  #isOver = false;
  readonly #toServer: Pipe;
  readonly #toClient: Pipe;
  readonly #release: (() => void)[] = [];

  constructor(parts: DuplexParts<unknown, unknown>) {
    this.#parts = parts;
    this.#peer = parts.address.split(':')[0]!;
    this.client = new ClientEnd(
      (bytes) => this.#send(bytes),
      () => this.#abandon(),
    );
    const { network, process } = parts;
    this.#toServer = network.pipe(process.name, this.#peer);
    this.#toClient = network.pipe(this.#peer, process.name);
    const breakOff = (between: readonly [string, string]): void => {
      if (between.includes(process.name) && between.includes(this.#peer)) this.#break('connection reset');
    };
    this.#release.push(
      network.onReset(breakOff),
      process.onDeath(() => this.#abandon()),
    );
  }

  #send(bytes: Buffer): void {
    if (this.#parts.process.isAlive) this.#toServer.send(() => this.#arrive(bytes));
  }

  #arrive(bytes: Buffer): void {
    if (this.#isOver) return;
    if (this.#server === null && !this.#connect()) return;
    const isServing = this.#serverProcess?.isAlive === true && this.#server?.isPaused === false;
    if (isServing) this.#server?.emit('data', this.#parts.method.requestDeserialize(bytes));
  }

  #connect(): boolean {
    const listener = this.#parts.network.listener(this.#parts.address);
    const found = listener?.methods.get(this.#parts.method.path);
    if (listener === null || found === undefined) {
      this.#tellClient(() => this.#fail('connection refused'));
      return false;
    }
    this.#serverProcess = listener.process;
    this.#release.push(listener.process.onDeath(() => this.#tellClient(() => this.#fail('connection lost'))));
    const whileAlive = (tell: () => void): void => {
      if (listener.process.isAlive) this.#tellClient(tell);
    };
    this.#server = new ServerEnd(
      (bytes) => whileAlive(() => this.client.emit('data', this.#parts.method.responseDeserialize(bytes))),
      () => whileAlive(() => this.#end()),
    );
    (found.implementation as (call: ServerEnd) => void)(this.#server);
    return true;
  }

  #tellClient(tell: () => void): void {
    this.#toClient.send(() => {
      if (!this.#isOver && this.#parts.process.isAlive) tell();
    });
  }

  #end(): void {
    this.#finish();
    this.client.emit('end');
  }

  /** The caller's end breaks; the server's hears of it in its own time. */
  #fail(why: string): void {
    if (this.#isOver) return;
    this.#abandon();
    if (!this.#parts.process.isAlive) return;
    const details = `${this.#parts.address}: ${why}`;
    this.client.emit('error', Object.assign(new Error(details), { code: 14, details, metadata: new Metadata() }));
  }

  #break(why: string): void {
    this.#fail(why);
  }

  /** The caller is gone. */
  #abandon(): void {
    if (this.#isOver) return;
    this.#finish();
    const [server, serverProcess] = [this.#server, this.#serverProcess];
    if (server === null || serverProcess === null) return;
    this.#parts.network.send(this.#parts.process.name, this.#peer, () => {
      if (serverProcess.isAlive) server.emit('cancelled');
    });
  }

  #finish(): void {
    this.#isOver = true;
    for (const release of this.#release.splice(0)) release();
  }
}
