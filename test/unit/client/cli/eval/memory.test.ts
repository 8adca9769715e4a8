import assert from 'node:assert/strict';
import { anonymousBytes, rssAnon } from '../../../../../client/cli/eval/memory.js';

describe('anonymous memory', () => {
  it('is read from the text of /proc', () => {
    assert.equal(rssAnon('VmRSS:\t  10 kB\nRssAnon:\t     123 kB\nRssFile:\t 1 kB\n'), 123 * 1024);
    assert.equal(rssAnon('VmRSS: 1 kB\n'), null);
  });

  it('of this process is known on Linux', async () => {
    const bytes = await anonymousBytes();
    assert.equal(bytes !== null && bytes > 0, process.platform === 'linux');
  });
});
