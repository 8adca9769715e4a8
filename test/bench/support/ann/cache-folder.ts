/**
 * Where benchmarks keep what takes long to make: vectors, true answers, built indexes of peers. May be deleted at any
 * time.
 */
import { join } from 'node:path';
import { packageRoot } from '../../../../client/cli/package-root.js';

export function cacheFolder(): string {
  return join(packageRoot(), '.cache', 'bench');
}
