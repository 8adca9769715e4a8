/** What a shard's lists are: where vectors belong, and how they are coded. Published as one, under one version. Types only. */
import type { ListCodebook } from './list-codebook.js';
import type { Structure } from './structure.js';

export interface ListStructure {
  /** At least 1, larger for every structure that a collection gets; 0 stands for the time before the first. */
  readonly version: number;
  readonly structure: Structure;
  /** Of the same dim and as many lists. */
  readonly codebook: ListCodebook;
}
