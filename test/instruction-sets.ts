/** Which kernels this machine can run: asked of a fresh process each, since a process chooses its kernels once. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const vectors = process.arch === 'arm64' ? ['neon'] : ['avx2', 'avx512'];
const names = ['typescript', 'reference', ...vectors];
const program = `import { kernelIsa } from './kernels/kernels.ts'; process.stdout.write(kernelIsa());`;

/** Those of `names` that run when SHOAL_KERNELS asks for them; the others are named on standard output, since nothing tests them. */
export function availableInstructionSets(): string[] {
  const available = names.filter((name) => chosenWhenAsked(name) === name);
  const others = names.filter((name) => !available.includes(name));
  if (others.length > 0) process.stdout.write(`\nkernels that this machine does not run: ${others.join(', ')}\n`);
  return available;
}

function chosenWhenAsked(name: string): string {
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, SHOAL_KERNELS: name },
    encoding: 'utf8',
  });
  return stdout;
}
