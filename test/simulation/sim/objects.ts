/** The object store of a simulated cluster: durable at every answer; a client of it for each process. */
import type { ObjectStore } from '../../../cluster/object-store.js';
import type { SimNetwork } from './network.js';
import type { SimProcess } from './process.js';
import { Remote, type SimHost } from './remote.js';

/** The machine of the object store. */
export class SimObjectsHost implements SimHost {
  readonly name = 'objects';
  isDown = false;
  lostAnswers = 0;
  readonly objects = new Map<string, Uint8Array>();
}

/** The object store as `process` reaches it. */
export class SimObjects implements ObjectStore {
  readonly #host: SimObjectsHost;
  readonly #remote: Remote;

  constructor(network: SimNetwork, process: SimProcess, host: SimObjectsHost) {
    this.#host = host;
    this.#remote = new Remote(network, process, host);
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    const copy = new Uint8Array(bytes);
    return this.#remote.call(() => void this.#host.objects.set(name, copy));
  }

  get(name: string): Promise<Uint8Array | null> {
    return this.#remote.call(() => {
      const bytes = this.#host.objects.get(name);
      return bytes === undefined ? null : new Uint8Array(bytes);
    });
  }

  list(prefix: string): Promise<readonly string[]> {
    return this.#remote.call(() => [...this.#host.objects.keys()].filter((name) => name.startsWith(prefix)).sort());
  }

  delete(name: string): Promise<void> {
    return this.#remote.call(() => void this.#host.objects.delete(name));
  }
}
