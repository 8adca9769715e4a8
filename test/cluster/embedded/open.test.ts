/** A whole embedded cluster's data directory. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { openEmbedded } from '../../../cluster/embedded/open.js';
import { record } from '../change-log-conformance.js';
import { rejectsWith } from '../rejects.js';
import { newFolder, removeFolder } from '../../temporary-folder.js';

const logger = createLogger('test', 'silent');
const clock = systemClock;

describe('a data directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await newFolder();
  });
  afterEach(async () => {
    await removeFolder(directory);
  });

  it('holds registry, log and objects over a restart', async () => {
    const deadline = Deadline.after(clock, 60_000);
    let embedded = await openEmbedded({ directory, clock, logger });
    await embedded.registry.transact([], [{ operation: 'put', key: 'a', value: Buffer.from('1') }]);
    await embedded.log.createStream('s', 1n);
    await embedded.log.append('s', 'a', record('x'), deadline);
    await embedded.objects.put('codebooks/1', Buffer.from('tables'));
    await embedded.close();
    await embedded.close();
    embedded = await openEmbedded({ directory, clock, logger });
    assert.notEqual(await embedded.registry.get('a'), null);
    assert.equal((await embedded.log.state('s')).lastSequence, 1n);
    assert.equal(Buffer.from((await embedded.objects.get('codebooks/1')) ?? []).toString(), 'tables');
    await embedded.close();
    deadline.close();
  });

  it('is refused to a second opener, naming the process that has it', async () => {
    const embedded = await openEmbedded({ directory, clock, logger });
    const error = await rejectsWith(
      openEmbedded({ directory, clock, logger }),
      'FAILED_PRECONDITION',
      /in use by process/,
    );
    assert.match(error.message, new RegExp(`process ${process.pid}; stop`));
    await embedded.close();
    await (await openEmbedded({ directory, clock, logger })).close();
  });

  it('frees the lock when opening fails', async () => {
    await (await openEmbedded({ directory, clock, logger })).close();
    const format = join(directory, 'log', 'format');
    const text = await readFile(format, 'utf8');
    await writeFile(format, '9\n');
    await rejectsWith(openEmbedded({ directory, clock, logger }), 'FAILED_PRECONDITION', /format 9/);
    await writeFile(format, text);
    await (await openEmbedded({ directory, clock, logger })).close();
  });
});
