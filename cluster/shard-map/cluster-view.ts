/** Keeps a picture of the cluster up to date by watching the registry, and lets callers wait for a change. */
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import type { Logger } from '../../base/logger.js';
import type { Registry, RegistryWatch } from '../registry.js';
import { applyEvents, emptyClusterMap, type ClusterMap } from './cluster-map.js';

export class ClusterView {
  #map: ClusterMap = emptyClusterMap;
  readonly #watch: RegistryWatch;
  readonly #listeners = new Set<(map: ClusterMap) => void>();
  readonly #following: Promise<void>;

  private constructor(registry: Registry, logger: Logger) {
    // One watch over everything, so that the picture passes through the registry's own states in their order.
    this.#watch = registry.watch('');
    this.#following = this.#follow(logger);
  }

  /** A view of `registry`; it fills in the background. The creator closes it. */
  static open(registry: Registry, logger: Logger): ClusterView {
    return new ClusterView(registry, logger);
  }

  /** The picture of this moment. */
  current(): ClusterMap {
    return this.#map;
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: (map: ClusterMap) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first value other than undefined that `look` finds in the present or a later picture. DEADLINE_EXCEEDED names `what`; an
   * error of `look` ends the wait.
   */
  async when<T>(look: (map: ClusterMap) => T | undefined, what: string, deadline: Deadline): Promise<T> {
    const present = look(this.#map);
    if (present !== undefined) return present;
    return new Promise<T>((resolve, reject) => {
      const stop = this.onChange((map) => {
        try {
          const found = look(map);
          if (found === undefined) return;
          resolve(found);
        } catch (thrown) {
          // What a caller sees in the picture is the caller's to hear; the view goes on.
          reject(ShoalError.from(thrown));
        }
        finish();
      });
      const expire = (): void => {
        finish();
        reject(new ShoalError('DEADLINE_EXCEEDED', `waited in vain for ${what}`, { cause: deadline.ended }));
      };
      const detach = deadline.onEnd(expire);
      const finish = (): void => {
        stop();
        detach();
      };
      if (deadline.ended !== null) expire();
    });
  }

  /** Ends the watch. Idempotent. */
  async close(): Promise<void> {
    await this.#watch.close();
    await this.#following;
  }

  async #follow(logger: Logger): Promise<void> {
    try {
      for await (const events of this.#watch) {
        this.#map = applyEvents(this.#map, events);
        for (const listener of [...this.#listeners]) listener(this.#map);
      }
    } catch (error) {
      logger.error({ err: error }, 'the watch of the cluster map ended; this process keeps its last map');
    }
  }
}
