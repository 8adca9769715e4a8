/** Who answers behind the native door: the addon's best instruction set, or the portable twins in TypeScript. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../base/errors.js';
import type { NativeKernels } from './native-kernels.js';
import { portableKernels } from './portable.js';

// Filled at the first call: loading the addon is work, which an import must not do, and its answer cannot change afterwards.
const loaded = new Map<'kernels', NativeKernels>();

/** The kernels of this process: the addon's best set, the one that SHOAL_KERNELS names, or the portable twins without an addon. */
export function nativeKernels(): NativeKernels {
  const known = loaded.get('kernels');
  if (known !== undefined) return known;
  const wanted = process.env['SHOAL_KERNELS'] ?? '';
  const chosen = chooseKernels(wanted, wanted === 'typescript' ? null : loadAddon());
  loaded.set('kernels', chosen);
  return chosen;
}

/** Runs `run` on the kernels of this process. What the checks of the binding throw is as much a defect as a failed assert: INTERNAL. */
export function callKernels<T>(run: (kernels: NativeKernels) => T): T {
  const kernels = nativeKernels();
  try {
    return run(kernels);
  } catch (cause) {
    if (cause instanceof ShoalError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ShoalError('INTERNAL', `a kernel refused its arguments: ${why}`, { cause });
  }
}

/** FAILED_PRECONDITION when `wanted` (empty = the best) is not to be had from `addon` (null = not built). */
export function chooseKernels(wanted: string, addon: NativeKernels | null): NativeKernels {
  if (wanted === 'typescript' || (wanted === '' && addon === null)) return portableKernels;
  if (addon === null) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `SHOAL_KERNELS=${wanted}, but the native kernels are not built; run "npm run setup", or set SHOAL_KERNELS=typescript`,
    );
  }
  const names = addon.available();
  const name = wanted === '' ? names[0] : wanted;
  if (name === undefined || !names.includes(name)) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `SHOAL_KERNELS=${wanted} is not available on this machine; choose one of ${[...names, 'typescript'].join(', ')}`,
    );
  }
  addon.select(name);
  return addon;
}

/** The addon, or null when it was not built. An addon that is there and does not load is an error: it must not slow Shoal down unseen. */
export function loadAddon(): NativeKernels | null {
  const path = addonPath(dirname(fileURLToPath(import.meta.url)));
  if (path === null) return null;
  try {
    return createRequire(import.meta.url)(path) as NativeKernels;
  } catch (cause) {
    throw new ShoalError(
      'FAILED_PRECONDITION',
      'the native kernels do not load; rebuild them with "npm run setup", or set SHOAL_KERNELS=typescript',
      { cause },
    );
  }
}

/** build/Release beside the nearest package.json above `folder`, which is found from the sources and from dist/ alike. */
function addonPath(folder: string): string | null {
  if (existsSync(join(folder, 'package.json'))) {
    const path = join(folder, 'build', 'Release', 'shoal_kernels.node');
    return existsSync(path) ? path : null;
  }
  return dirname(folder) === folder ? null : addonPath(dirname(folder));
}
