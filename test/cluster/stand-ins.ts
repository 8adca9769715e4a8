/** Logs and registries that a test can hold up or take away from a node. */
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog, ConsumeOptions, LogConsumer, LogEntry } from '../../cluster/change-log.js';
import type { Registry } from '../../cluster/registry.js';

/** Holds up what the replicas of a node hear; its directories, which hear headers only, go on. */
export class Delay {
  #held: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  hold(): void {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  release(): void {
    this.#release();
  }

  /** `log` as the node sees it. */
  of(log: ChangeLog): ChangeLog {
    return overriding(log, {
      consume: (stream: string, options: ConsumeOptions) => {
        const consumer = log.consume(stream, options);
        return options.headersOnly === true ? consumer : this.#delayed(consumer);
      },
    });
  }

  #delayed(consumer: LogConsumer): LogConsumer {
    const held = (): Promise<void> => this.#held;
    return {
      close: () => (this.#release(), consumer.close()),
      async *[Symbol.asyncIterator](): AsyncGenerator<LogEntry> {
        for await (const entry of consumer) {
          await held();
          yield entry;
        }
      },
    };
  }
}

/** Takes log and registry away: every call fails, watches and consumers that are open hear nothing of it. */
export class Outage {
  isOn = false;

  of<T extends ChangeLog | Registry>(target: T): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          if (this.isOn) throw new ShoalError('UNAVAILABLE', `${String(name)} cannot be reached`);
          return Reflect.apply(value, object, args);
        };
      },
    });
  }
}

/** `target` with some of its calls replaced. */
export function overriding<T extends object>(target: T, calls: Partial<T>): T {
  return new Proxy(target, {
    get: (object, name) => {
      if (Object.hasOwn(calls, name)) return Reflect.get(calls, name);
      const value: unknown = Reflect.get(object, name);
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
