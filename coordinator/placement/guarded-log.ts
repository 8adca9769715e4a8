/** The log as a coordinator writes it: what its guard forbids is not appended, and what landed below what nodes have is no success. */
import type { Deadline } from '../../base/deadline.js';
import type {
  ChangeLog,
  ConsumeOptions,
  LogConsumer,
  LogEntry,
  LogRecord,
  StreamState,
} from '../../cluster/change-log.js';
import type { LogGuard } from './log-guard.js';

type Guard = Pick<LogGuard, 'checkWritable' | 'checkGiven' | 'reachedBy'>;

export class GuardedLog implements ChangeLog {
  readonly #log: ChangeLog;
  readonly #guard: Guard;

  constructor(log: ChangeLog, guard: Guard) {
    this.#log = log;
    this.#guard = guard;
  }

  /** As of `ChangeLog`; UNAVAILABLE while the log ends below what nodes have, also when that shows only by the position given. */
  async append(stream: string, subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    this.#guard.checkWritable(stream);
    const reached = this.#guard.reachedBy(stream);
    const sequence = await this.#log.append(stream, subject, record, deadline);
    this.#guard.checkGiven(stream, sequence, reached);
    return sequence;
  }

  createStream(stream: string, firstSequence: bigint): Promise<void> {
    return this.#log.createStream(stream, firstSequence);
  }

  raiseStream(stream: string, firstSequence: bigint): Promise<void> {
    return this.#log.raiseStream(stream, firstSequence);
  }

  dropStream(stream: string): Promise<void> {
    return this.#log.dropStream(stream);
  }

  state(stream: string): Promise<StreamState> {
    return this.#log.state(stream);
  }

  lastSequence(stream: string, subject: string): Promise<bigint> {
    return this.#log.lastSequence(stream, subject);
  }

  read(stream: string, sequence: bigint): Promise<LogEntry | null> {
    return this.#log.read(stream, sequence);
  }

  consume(stream: string, options: ConsumeOptions): LogConsumer {
    return this.#log.consume(stream, options);
  }

  purge(stream: string, subject: string, upTo: bigint): Promise<void> {
    return this.#log.purge(stream, subject, upTo);
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}
