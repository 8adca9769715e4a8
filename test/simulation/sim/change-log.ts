/**
 * The change log of a simulated cluster: a machine of its own with a disk that forgets what was not fsynced, and a client of it for
 * each process.
 *
 * Appends that come together share an fsync; a crash before it loses them, or keeps the first of them without telling anyone.
 * Consumers hear each entry at their own time. Errors are those that `ChangeLog` promises.
 */
import type { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import type {
  ChangeLog,
  ConsumeOptions,
  LogConsumer,
  LogEntry,
  LogRecord,
  StreamState,
} from '../../../cluster/change-log.js';
import { subjectFilter } from '../../../cluster/embedded/log-consumer.js';
import { checkRecord } from '../../../cluster/embedded/log-record.js';
import type { SimNetwork } from './network.js';
import type { SimProcess } from './process.js';
import { Remote, type SimHost } from './remote.js';
import { SimStream } from './log-stream.js';

/** The log's machine. */
export class SimLogHost implements SimHost {
  readonly name = 'log';
  isDown = false;
  lostAnswers = 0;
  /** Its disk has no room. */
  isFull = false;
  readonly process: SimProcess;
  readonly streams = new Map<string, SimStream>();
  /** Called in the instant in which an entry is on disk. */
  onStored: (stream: string, entry: LogEntry) => void = () => undefined;

  constructor(process: SimProcess) {
    this.process = process;
  }

  stream(name: string): SimStream {
    const stream = this.streams.get(name);
    if (stream !== undefined) return stream;
    throw new ShoalError('NOT_FOUND', `the log has no stream ${JSON.stringify(name)}`);
  }

  create(name: string, firstSequence: bigint): void {
    if (this.streams.has(name)) return;
    if (name === '') throw new ShoalError('INVALID_ARGUMENT', 'a stream has a name');
    if (firstSequence < 1n) throw new ShoalError('INVALID_ARGUMENT', `first sequence ${firstSequence} is below 1`);
    this.streams.set(name, new SimStream(this.process, firstSequence, (entry) => this.onStored(name, entry)));
  }

  raise(name: string, firstSequence: bigint): void {
    const stream = this.streams.get(name);
    if (stream !== undefined && stream.lastSequence + 1n >= firstSequence) return;
    this.drop(name);
    this.create(name, firstSequence);
  }

  drop(name: string): void {
    this.streams.get(name)?.end();
    this.streams.delete(name);
  }

  append(name: string, subject: string, record: LogRecord): Promise<bigint> {
    if (this.isFull) throw new ShoalError('RESOURCE_EXHAUSTED', 'the disk of the log is full; free disk space');
    return this.stream(name).append(subject, record);
  }

  /** The machine loses its power: what no fsync saved is gone, or the first part of it is kept. */
  crash(): void {
    this.isDown = true;
    for (const stream of this.streams.values()) stream.cutPower();
  }
}

/** The log as `process` reaches it. */
export class SimChangeLog implements ChangeLog {
  readonly #network: SimNetwork;
  readonly #host: SimLogHost;
  readonly #process: SimProcess;
  readonly #remote: Remote;
  readonly #consumers = new Set<SimConsumer>();
  #isClosed = false;

  constructor(network: SimNetwork, process: SimProcess, host: SimLogHost) {
    this.#network = network;
    this.#host = host;
    this.#process = process;
    this.#remote = new Remote(network, process, host);
  }

  createStream(stream: string, firstSequence: bigint): Promise<void> {
    return this.#remote.call(() => this.#host.create(stream, firstSequence));
  }

  raiseStream(stream: string, firstSequence: bigint): Promise<void> {
    return this.#remote.call(() => this.#host.raise(stream, firstSequence));
  }

  dropStream(stream: string): Promise<void> {
    return this.#remote.call(() => this.#host.drop(stream));
  }

  state(stream: string): Promise<StreamState> {
    return this.#remote.call(() => this.#host.stream(stream).state());
  }

  lastSequence(stream: string, subject: string): Promise<bigint> {
    return this.#remote.call(() => this.#host.stream(stream).lastSequenceOf(subject));
  }

  async append(stream: string, subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    deadline.check();
    checkRecord(subject, record);
    return await this.#remote.call(() => this.#host.append(stream, subject, record), deadline);
  }

  read(stream: string, sequence: bigint): Promise<LogEntry | null> {
    return this.#remote.call(() => this.#host.stream(stream).read(sequence));
  }

  consume(stream: string, options: ConsumeOptions): LogConsumer {
    const consumer = new SimConsumer({
      process: this.#process,
      options: { ...options, isWanted: subjectFilter(options.subjects) },
      find: () => this.#remote.call(() => this.#host.stream(stream)),
      host: this.#host,
      arrival: () => this.#network.arrival(this.#host.name, this.#process),
      onClose: () => this.#consumers.delete(consumer),
    });
    this.#consumers.add(consumer);
    return consumer;
  }

  async purge(stream: string, subject: string, upTo: bigint): Promise<void> {
    if (upTo <= 0n) return;
    await this.#remote.call(() => this.#host.stream(stream).purge(subject, upTo));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const consumer of [...this.#consumers]) await consumer.close();
  }
}

interface ConsumerParts {
  readonly process: SimProcess;
  readonly host: SimLogHost;
  readonly options: ConsumeOptions & { readonly isWanted: (subject: string) => boolean };
  /** Asks the host for the stream. */
  readonly find: () => Promise<SimStream>;
  /** A message of the host comes. */
  readonly arrival: () => Promise<void>;
  readonly onClose: () => void;
}

/** Takes what is there, waits for what comes; goes on by itself after an outage, as clients of real logs do. */
class SimConsumer implements LogConsumer {
  readonly #parts: ConsumerParts;
  #isClosed = false;
  #stopWaiting: () => void = () => undefined;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
    const { process, options, host, arrival } = this.#parts;
    let { after } = options;
    let stream: SimStream | null = null;
    while (!this.#isClosed) {
      if (stream === null || host.isDown) {
        const found = await this.#reached();
        // Dropped, and created again under the same name.
        if (stream !== null && found !== null && found !== stream) return;
        stream = found ?? stream;
        continue;
      }
      await arrival();
      if (stream.isEnded) return;
      if (host.isDown) continue;
      const { entries, through } = stream.batch({ ...options, after, countMax: 1 + process.random.below(16) });
      for (const entry of entries) {
        if (this.#isClosed) return;
        yield entry;
      }
      after = through;
      if (!stream.isEnded && !stream.hasMore(after, options.isWanted)) await this.#nextAppend(stream);
      if (stream.isEnded) return;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.onClose();
    this.#stopWaiting();
  }

  async #reached(): Promise<SimStream | null> {
    try {
      return await this.#parts.find();
    } catch (error) {
      if (ShoalError.from(error).code !== 'UNAVAILABLE') throw error;
      await this.#parts.process.sleep(200);
      return null;
    }
  }

  async #nextAppend(stream: SimStream): Promise<void> {
    if (this.#isClosed) return;
    const { isWanted } = this.#parts.options;
    await new Promise<void>((resolve) => {
      const stop = stream.onAppend((subjects) => {
        if (subjects === null || subjects.some(isWanted)) wake();
      });
      const wake = (): void => (stop(), resolve());
      this.#stopWaiting = wake;
    });
  }
}
