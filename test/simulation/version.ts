/** One version of a document, as the model knows it. Types only. */
import type { Attributes } from './content.js';

/** A document at one time. */
export interface Version {
  readonly id: string;
  readonly docId: bigint;
  readonly token: number;
  readonly attributes: Attributes;
  /** Where its first record is; null while an accepted write has none yet. */
  subject: string | null;
  /** When somebody was told that it is written; Infinity until then, and further passages may be missing for ever. */
  acknowledgedMs: number;
  /** The log position that was told with it: up to there are all its passages. Of no use before. */
  acknowledgedAt: bigint;
}
