/**
 * Expiry: documents whose time has passed are deleted through the log, every so often, by every coordinator.
 *
 * Each is deleted only in the version that was found expired, so a document that was renewed meanwhile stays, and two coordinators
 * that sweep at once do no harm. Until it is swept, an expired document is hidden by the filter of every read; it is swept a minute
 * late, so that a coordinator whose clock is a little ahead destroys nothing that others still show.
 */
import type { Clock, Timer } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { DecisionParts } from '../ingest/decisions.js';
import { deleteEach } from './delete.js';
import { matchingRows } from './matching.js';
import { expiredFilter } from './visible.js';

/** How long one collection's sweep may take; what is left is swept the next time. */
const sweepMs = 10 * 60_000;

/** How far a coordinator's clock may be ahead. */
const clockSkewMs = 60_000;

export interface ExpiryParts extends DecisionParts {
  readonly logger: Logger;
}

/** Deletes what expired a minute ago or before; gives how many documents that were. Nothing for a collection without expiry. */
export async function sweepExpired(
  settings: CollectionSettings,
  parts: DecisionParts,
  deadline: Deadline,
): Promise<number> {
  if (settings.expiresBy === '') return 0;
  const filter = expiredFilter(settings.expiresBy, parts.clock.wallMs() - clockSkewMs);
  let count = 0;
  for await (const rows of matchingRows(filter, settings, parts, deadline)) {
    const doomed = rows.map(({ id, docId }) => ({ id, condition: docId }));
    count += (await deleteEach(doomed, '', settings, { parts, deadline })).count;
  }
  return count;
}

/** Sweeps all collections again and again. The creator closes it. */
export class ExpirySweeper {
  readonly #parts: ExpiryParts;
  readonly #clock: Clock;
  readonly #everyMs: number;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #deadline: Deadline | null = null;
  #isClosed = false;
  readonly #hindrances: Hindrances;

  constructor(parts: ExpiryParts, everyMs: number) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
    this.#clock = parts.clock;
    this.#everyMs = everyMs;
    this.#schedule();
  }

  /** Ends the sweep under way. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#deadline?.cancel();
    await this.#running;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = this.#clock.after(this.#everyMs, () => {
      this.#running = this.#sweep().finally(() => this.#schedule());
    });
  }

  /** Never rejects: a collection that cannot be swept now is tried again the next time. */
  async #sweep(): Promise<void> {
    const { view, logger } = this.#parts;
    let hasFailed = false;
    for (const settings of view.current().settings.values()) {
      if (this.#isClosed || settings.expiresBy === '') continue;
      this.#deadline = Deadline.after(this.#clock, sweepMs);
      try {
        const count = await sweepExpired(settings, this.#parts, this.#deadline);
        if (count > 0) logger.info({ collection: settings.name, count }, 'deleted expired documents');
      } catch (thrown) {
        const error = ShoalError.from(thrown);
        if (error.code !== 'CANCELLED') {
          const line = { fields: { collection: settings.name }, message: 'expired documents could not be deleted' };
          this.#hindrances.note('sweep', error, line);
          hasFailed = true;
        }
      } finally {
        this.#deadline.close();
      }
    }
    if (!hasFailed) this.#hindrances.end('sweep', { fields: {}, message: 'expired documents are deleted again' });
  }
}
