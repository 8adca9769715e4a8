/** What the main thread and the thread of a training say to each other. Types only. */
import type { ErrorCode } from '../../base/errors.js';
import type { TrainedFiles } from './run-training.js';

export type TrainingReply =
  | { readonly kind: 'progress'; readonly step: string; readonly share: number }
  | { readonly kind: 'left'; readonly step: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resumed'; readonly share: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'trained'; readonly files: TrainedFiles }
  | { readonly kind: 'failed'; readonly error: { readonly code: ErrorCode; readonly message: string } };
