/** What a search needs of the coordinator. Types only. */
import type { Clock } from '../../base/clock.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { Encoders } from '../encoders.js';
import type { Peers } from '../peers.js';
import type { FanOutParts } from './fan-out.js';
import type { TermStatistics } from './term-statistics.js';

export interface SearchParts {
  readonly view: ClusterView;
  readonly encoders: Encoders;
  readonly peers: Peers;
  readonly statistics: TermStatistics;
  readonly fanOut: FanOutParts;
  readonly clock: Clock;
}
