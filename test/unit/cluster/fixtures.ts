/** A registry of its own for a test, in a temporary folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../base/logger.js';
import { openEmbeddedRegistry } from '../../../cluster/embedded/embedded-registry.js';
import type { Registry } from '../../../cluster/registry.js';

export const silent = createLogger('test', 'silent');

export async function withRegistry(work: (registry: Registry) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-registry-'));
  const registry = await openEmbeddedRegistry({ directory, logger: silent });
  try {
    await work(registry);
  } finally {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  }
}
