/** What backups and restores need of a coordinator. Types only. */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { Peers } from '../peers.js';

export interface BackupParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly logger: Logger;
}
