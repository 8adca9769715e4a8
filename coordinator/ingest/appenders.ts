/** The appender of every shard that this coordinator writes to, and how far it has written, so that it reads its own writes. */
import type { Clock } from '../../base/clock.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { streamOf } from '../../cluster/keys.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Appender } from './appender.js';
import { ShardRoutes, type ShardRoute } from './shard-routes.js';

export interface AppendersParts {
  readonly view: Pick<ClusterView, 'current'>;
  readonly log: ChangeLog;
  readonly clock: Clock;
  /** UNAVAILABLE while the collection's log must not be written. */
  readonly checkWritable?: (uid: string) => void;
}

export class Appenders {
  readonly #parts: AppendersParts;
  readonly #routes: ShardRoutes;
  readonly #bySubject = new Map<string, Appender>();
  readonly #written = new Map<string, bigint>();

  constructor(parts: AppendersParts) {
    this.#parts = parts;
    this.#routes = new ShardRoutes(parts.view);
  }

  /** The way into the collection's shards. UNAVAILABLE while it has none, or while its log must not be written. */
  routeOf(settings: Pick<CollectionSettings, 'uid' | 'name'>): ShardRoute {
    this.#parts.checkWritable?.(settings.uid);
    return this.#routes.of(settings);
  }

  /** The appender of `subject` of the collection `uid`. */
  at(uid: string, subject: string): Appender {
    const known = this.#bySubject.get(subject);
    if (known !== undefined) return known;
    const { log, clock } = this.#parts;
    const appender = new Appender({ log, stream: streamOf(uid), subject, clock });
    this.#bySubject.set(subject, appender);
    return appender;
  }

  /** The collection was written up to `sequence` through this coordinator. */
  noteWritten(uid: string, sequence: bigint): void {
    if (sequence > this.writtenUpTo(uid)) this.#written.set(uid, sequence);
  }

  /** Largest position written through this coordinator; 0 when none was. */
  writtenUpTo(uid: string): bigint {
    return this.#written.get(uid) ?? 0n;
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    this.#written.delete(uid);
    for (const subject of this.#bySubject.keys()) {
      if (subject.startsWith(`shoal.${uid}.`)) this.#bySubject.delete(subject);
    }
  }
}
