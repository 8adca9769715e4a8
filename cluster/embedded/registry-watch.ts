/** A watch of the embedded registry: what was present, then every revision in order. */
import type { RegistryEvent, RegistryWatch } from '../registry.js';

export class EmbeddedWatch implements RegistryWatch {
  readonly #prefix: string;
  readonly #onClose: () => void;
  /** What is not yet read. The first batch is what was present, and may be empty. */
  #batches: (readonly RegistryEvent[])[];
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(prefix: string, present: readonly RegistryEvent[], onClose: () => void) {
    this.#prefix = prefix;
    this.#batches = [present];
    this.#onClose = onClose;
  }

  /** Queues the events of one revision that are under the prefix. */
  deliver(events: readonly RegistryEvent[]): void {
    const ours = events.filter((event) => keyOf(event).startsWith(this.#prefix));
    if (ours.length === 0) return;
    this.#batches.push(ours);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly RegistryEvent[]> {
    while (!this.#isClosed) {
      const batch = this.#batches.shift();
      if (batch !== undefined) {
        yield batch;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#onClose();
    this.#wake();
  }
}

function keyOf(event: RegistryEvent): string {
  return event.kind === 'put' ? event.entry.key : event.key;
}
