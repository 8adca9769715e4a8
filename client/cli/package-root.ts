/** Where Shoal is installed: the folder of its package.json, from sources and from a build alike. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../../base/errors.js';

/** The package's folder. INTERNAL when this file lies outside of it. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (readPackage(folder)?.name !== 'shoal') {
    const parent = dirname(folder);
    if (parent === folder) throw new ShoalError('INTERNAL', 'no package.json of shoal lies above the command');
    folder = parent;
  }
  return folder;
}

function readPackage(folder: string): { name?: string } | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
