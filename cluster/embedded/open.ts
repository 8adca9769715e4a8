/** The embedded default: registry, log and objects of a whole cluster in one folder, held by one process. */
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../change-log.js';
import type { ObjectStore } from '../object-store.js';
import type { Registry } from '../registry.js';
import { assertRegistryNotLost } from './data-contents.js';
import { lockDataDirectory } from './data-directory.js';
import { inFolder } from './disk-format.js';
import { openEmbeddedChangeLog } from './embedded-change-log.js';
import { openEmbeddedObjectStore } from './embedded-object-store.js';
import { openEmbeddedRegistry } from './embedded-registry.js';

export interface Embedded {
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  /** Closes all three and gives the folder free. Idempotent. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Opens what is in `directory`, creating it. FAILED_PRECONDITION when another process has it or its format is newer, DATA_LOSS when a
 * file is damaged or the registry of what is there is gone.
 */
export async function openEmbedded({ directory, clock, logger }: EmbeddedOptions): Promise<Embedded> {
  const lock = await lockDataDirectory(directory);
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).reverse()) await part.close();
    await lock.release();
  };
  try {
    await inFolder(directory, () => assertRegistryNotLost(directory));
    const registry = await openEmbeddedRegistry({ directory: join(directory, 'registry'), logger });
    opened.push(registry);
    const log = await openEmbeddedChangeLog({ directory: join(directory, 'log'), clock, logger });
    opened.push(log);
    const objects = await openEmbeddedObjectStore({ directory: join(directory, 'objects') });
    return { registry, log, objects, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}
