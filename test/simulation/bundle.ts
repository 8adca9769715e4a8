/** The simulation as one file of plain JavaScript: without a loader between, it starts sooner and runs faster. */
import { build } from 'esbuild';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Bundle {
  /** What Node runs; its source map lies beside it. */
  readonly entry: string;
  remove(): void;
}

/** The sources below `root`, as they are now, in a temporary folder that the caller removes. */
export async function bundleSimulation(root: string): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-simulation-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const entry = join(folder, 'main.mjs');
  try {
    // Packages stay outside: some of them read files that lie beside their own.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    await build({
      entryPoints: [join(root, 'test/simulation/main.ts')],
      outfile: entry,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: true,
      logLevel: 'warning',
    });
  } catch (error) {
    remove();
    throw error;
  }
  return { entry, remove };
}
