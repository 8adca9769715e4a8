/**
 * The process that may crash: opens data folders with a whole cluster and says what came of it. Started with `fork`; a message is a
 * `Task`, answered by an `Outcome`, or by the end of the process.
 */
import { isDeepStrictEqual } from 'node:util';
import { sleep, systemClock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { ShoalClient } from '../../client/sdk/connect.js';
import { SmallCluster } from '../cluster/small-cluster.js';
import { toyCodec } from '../unit/codec.js';
import { ask, change, fill } from './contents.js';

export interface Task {
  readonly directory: string;
  /** `fill` an empty folder and die; `read` the contents; `judge` a damaged folder by them. */
  readonly work: 'fill' | 'read' | 'judge';
  readonly expected?: Contents;
}

export interface Contents {
  readonly asked: readonly string[];
  readonly changed: readonly string[];
}

export type Outcome =
  | { readonly kind: 'contents'; readonly contents: Contents }
  /** Everything is as it was. */
  | { readonly kind: 'equal' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly when: string }
  | { readonly kind: 'wrong'; readonly difference: string };

const patienceMs = 5_000;

async function run({ directory, work, expected }: Task): Promise<Outcome> {
  let when = 'the start';
  let cluster: SmallCluster | null = null;
  try {
    cluster = await SmallCluster.start({ directory, shardNodes: 2, encoder: { codec: toyCodec() } });
    if (work === 'fill') {
      await fill(cluster.client);
      process.kill(process.pid, 'SIGKILL');
    }
    when = 'reading';
    const asked = await askPatiently(cluster.client);
    const difference = expected === undefined ? null : differenceOf(asked, expected.asked);
    if (difference !== null) return { kind: 'wrong', difference };
    when = 'writing';
    const changed = await change(cluster.client);
    if (expected === undefined) return { kind: 'contents', contents: { asked, changed } };
    const later = differenceOf(changed, expected.changed);
    return later === null ? { kind: 'equal' } : { kind: 'wrong', difference: `after writing: ${later}` };
  } catch (error) {
    const { code, message } = ShoalError.from(error);
    return { kind: 'refused', code, message: [message, ...(await problemsOf(cluster))].join('\n'), when };
  } finally {
    await cluster?.close();
  }
}

/** A directory that is being rebuilt from the shards is waited for; a replica that does not serve has nothing to be rebuilt from. */
async function askPatiently(client: ShoalClient): Promise<string[]> {
  const endMs = systemClock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      return await ask(client);
    } catch (error) {
      if (ShoalError.from(error).code !== 'UNAVAILABLE' || systemClock.monotonicMs() > endMs) throw error;
      const { problems } = await client.cluster.status();
      if (problems.some(({ what }) => /^replica .* does not serve/.test(what))) throw error;
    }
    await sleep(systemClock, 200);
  }
}

/** What the cluster itself says is wrong. */
async function problemsOf(cluster: SmallCluster | null): Promise<string[]> {
  if (cluster === null) return [];
  const { problems } = await cluster.client.cluster.status();
  return problems.map(({ what, why }) => `${what}: ${why}`);
}

function differenceOf(found: readonly string[], expected: readonly string[]): string | null {
  if (isDeepStrictEqual(found, expected)) return null;
  const at = expected.findIndex((line, i) => line !== found[i]);
  return `${found.length} lines instead of ${expected.length}; line ${at}: ${found[at]} instead of ${expected[at]}`;
}

process.on('message', (task: Task) => {
  void run(task).then((outcome) => process.send?.(outcome));
});
