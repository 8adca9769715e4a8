/** The appender of every shard that this coordinator writes to, and how far it has written, so that it reads its own writes. */
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { shardSubject, streamOf } from '../../cluster/keys.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { Appender } from './appender.js';

export class Appenders {
  readonly #parts: { readonly view: ClusterView; readonly log: ChangeLog; readonly clock: Clock };
  readonly #bySubject = new Map<string, Appender>();
  readonly #written = new Map<string, bigint>();

  constructor(parts: { readonly view: ClusterView; readonly log: ChangeLog; readonly clock: Clock }) {
    this.#parts = parts;
  }

  /** The appender of the collection's one shard. UNAVAILABLE while it has none. */
  of(settings: CollectionSettings): Appender {
    const { view, log, clock } = this.#parts;
    const [placement] = placementsOf(view.current(), settings.uid);
    if (placement === undefined) {
      throw new ShoalError('UNAVAILABLE', `collection '${settings.name}' has no shard yet; try again in a moment`);
    }
    const subject = shardSubject(placement.uid, placement.generation, placement.shard);
    const known = this.#bySubject.get(subject);
    if (known !== undefined) return known;
    const appender = new Appender({ log, stream: streamOf(settings.uid), subject, clock });
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
