/** Runs the command line inside the test's process and keeps what it printed. */
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '../../../../base/clock.js';
import { startFakeCoordinator, type FakeCoordinator } from '../fake-coordinator.js';
import type { CliContext } from '../../../../client/cli/context.js';
import { folderPerTest } from '../../../temporary-folder.js';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON object on standard output. */
  json(): Record<string, unknown>;
}

export interface CliSetting {
  readonly stdin?: string;
  readonly env?: Record<string, string>;
  readonly interrupted?: Promise<string>;
}

/** A context whose output goes into `written`. */
export function testContext(setting: CliSetting = {}): CliContext & { written(): { stdout: string; stderr: string } } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const chunks = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => (chunks.stdout += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (chunks.stderr += chunk.toString()));
  return {
    stdin: Readable.from([Buffer.from(setting.stdin ?? '')]),
    stdout,
    stderr,
    env: setting.env ?? {},
    clock: systemClock,
    interrupted: () => setting.interrupted ?? new Promise(() => undefined),
    written: () => chunks,
  };
}

/** Runs `shoal ARGS`. */
export async function runShoal(args: readonly string[], setting: CliSetting = {}): Promise<CliResult> {
  const context = testContext(setting);
  // Imported here, since the runner loads tests by require: commands import at run time, and must meet the same module instances.
  const { runCli } = await import('../../../../client/cli/run.js');
  const exitCode = await runCli(args, context);
  const { stdout, stderr } = context.written();
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> };
}

export interface Bench {
  readonly fake: () => FakeCoordinator;
  /** A folder for the test's files. */
  readonly folder: () => string;
  /** Runs `shoal ARGS` against the fake. */
  readonly shoal: (args: readonly string[], setting?: CliSetting) => Promise<CliResult>;
}

/** A fake coordinator and a folder for each test of the suite that calls this. */
export function withFakeCoordinator(): Bench {
  const folder = folderPerTest();
  const state: { fake: FakeCoordinator | null } = { fake: null };
  const fake = (): FakeCoordinator => {
    if (state.fake === null) throw new Error('the fake coordinator runs inside tests only');
    return state.fake;
  };
  beforeEach(async () => {
    state.fake = await startFakeCoordinator();
  });
  afterEach(async () => {
    await state.fake?.close();
  });
  const shoal: Bench['shoal'] = (args, setting = {}) =>
    runShoal(args, { ...setting, env: { SHOAL_ADDRESS: fake().address, ...setting.env } });
  return { fake, folder, shoal };
}
