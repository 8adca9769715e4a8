/** What a search needs of the coordinator. Types only. */
import type { Clock } from '../../base/clock.js';
import type { ReadParts } from '../documents/read.js';
import type { Encoders } from '../encoders.js';
import type { Structures } from '../structures.js';
import type { FanOutParts } from './fan-out.js';
import type { TermStatistics } from './term-statistics.js';

export interface SearchParts extends ReadParts {
  readonly encoders: Encoders;
  readonly structures: Structures;
  readonly statistics: TermStatistics;
  readonly fanOut: FanOutParts;
  readonly clock: Clock;
}
