/** Runs another program of the repository and gives what it printed as JSON. */
import { spawn } from 'node:child_process';

/** The command as a person types it. */
export function commandText(args: readonly string[]): string {
  return ['node', '--import', 'tsx', ...args].join(' ');
}

/** The last line of standard output of `node --import tsx ARGS…`, parsed; null where it prints none. Rejects where it fails, with its last words. */
export async function runProgram(args: readonly string[], progress: (line: string) => void): Promise<unknown> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-2_000);
    text
      .split('\n')
      .filter((line) => line !== '')
      .forEach(progress);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`${commandText(args)} ended with ${code}: ${words}`);
  const last = output.trim().split('\n').at(-1) ?? '';
  return last === '' ? null : (JSON.parse(last) as unknown);
}
