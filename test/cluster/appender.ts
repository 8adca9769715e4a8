/** A process to be killed: appends to a log as fast as it can and prints each sequence that was acknowledged. */
import { createLogger } from '../../base/logger.js';
import { systemClock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { openEmbeddedChangeLog } from '../../cluster/embedded/embedded-change-log.js';
import { record } from './change-log-conformance.js';

const directory = process.argv[2] ?? '';
const log = await openEmbeddedChangeLog({
  directory,
  clock: systemClock,
  logger: createLogger('appender', 'silent'),
  chunkBytes: 64 * 1024,
});
const deadline = Deadline.after(systemClock, 60_000);
await log.createStream('killed', 1n);
const { lastSequence } = await log.state('killed');
for (let next = lastSequence + 1n; ; next += 8n) {
  const group = Array.from({ length: 8 }, (_, i) => next + BigInt(i));
  const append = (sequence: bigint): Promise<bigint> =>
    log.append('killed', `s.${sequence % 3n}`, record(`${sequence}`.repeat(100)), deadline);
  const sequences = await Promise.all(group.map(append));
  process.stdout.write(`${sequences.at(-1)}\n`);
}
