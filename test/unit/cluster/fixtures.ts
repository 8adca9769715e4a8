/** A registry of its own for a test, in a temporary folder that goes with it. */
import { createLogger } from '../../../base/logger.js';
import { openEmbeddedRegistry } from '../../../cluster/embedded/embedded-registry.js';
import type { Registry } from '../../../cluster/registry.js';
import { inFolder } from '../../temporary-folder.js';

export const silent = createLogger('test', 'silent');

export function withRegistry(work: (registry: Registry) => Promise<void>): Promise<void> {
  return inFolder(async (directory) => {
    const registry = await openEmbeddedRegistry({ directory, logger: silent });
    try {
      await work(registry);
    } finally {
      await registry.close();
    }
  });
}
