/** Everything a coordinator is made of, built once in `main.ts` and handed to its services. Types only. */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/logger.js';
import type { ChangeLog } from '../cluster/change-log.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { Registry } from '../cluster/registry.js';
import type { ClusterView } from '../cluster/shard-map/cluster-view.js';
import type { Encoders } from './encoders.js';
import type { Appenders } from './ingest/appenders.js';
import type { AttributeTypeRegistry } from './ingest/attribute-types.js';
import type { TokenCodecs } from './ingest/token-codecs.js';
import type { Peers } from './peers.js';
import type { LogGuard } from './placement/log-guard.js';
import type { Truncation } from './placement/truncation.js';
import type { FanOutParts } from './search/fan-out.js';
import type { TermStatistics } from './search/term-statistics.js';
import type { Structures } from './structures.js';

export interface CoordinatorParts {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly encoders: Encoders;
  readonly statistics: TermStatistics;
  readonly fanOut: FanOutParts;
  readonly appenders: Appenders;
  readonly types: AttributeTypeRegistry;
  readonly codecs: TokenCodecs;
  readonly structures: Structures;
  readonly truncation: Truncation;
  readonly guard: LogGuard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newUid: () => string;
  /** For trainings whose caller chooses no seed. */
  readonly newSeed: () => number;
  /** Documents that a collection needs to be trained. */
  readonly trainDocumentsMin: number;
  readonly defaultReplicas: number;
}
