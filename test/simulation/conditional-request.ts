/** What is remembered of a conditional write, so that it can be repeated later. */
import type { WriteCondition, WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import type { Content } from './content.js';

/** One document of a request. */
export interface Asked {
  readonly content: Content;
  readonly condition: WriteCondition;
}

/** A request, which may be repeated for as long as its write id is remembered. */
export interface ConditionalRequest {
  readonly asked: readonly Asked[];
  readonly writeId: string;
  /** Last position of the log before it was asked for the first time. */
  readonly since: bigint;
  attempts: number;
  /** The first clear answer; null while there is none. */
  first: readonly WriteResult[] | null;
}
