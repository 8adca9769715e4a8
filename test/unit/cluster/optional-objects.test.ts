/** Objects that work goes on without: read once, the last two of a family kept, what cannot be read asked for again later. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../base/errors.js';
import { createLogger } from '../../../base/logger.js';
import { OptionalObjects } from '../../../cluster/optional-objects.js';
import { FakeClock } from '../../fake-clock.js';

const texts = { goesOn: 'goes on without', isRead: 'is read' };

function rig() {
  const stored = new Map<string, string>();
  const asked: string[] = [];
  const get = async (name: string): Promise<Uint8Array | null> => {
    asked.push(name);
    const text = stored.get(name);
    return text === undefined ? null : Buffer.from(text);
  };
  const read = (bytes: Uint8Array): { readonly text: string } => {
    const text = Buffer.from(bytes).toString();
    if (text === 'damaged') throw new ShoalError('DATA_LOSS', 'damaged');
    return { text };
  };
  const clock = new FakeClock();
  const logger = createLogger('test', 'silent');
  const optional = new OptionalObjects({ objects: { get }, clock, logger }, { read, ...texts });
  return { stored, asked, clock, optional, of: (family: string, name: string) => optional.get(family, name, {}) };
}

describe('objects that work goes on without', () => {
  it('are one object for all who ask at the same time, and later', async () => {
    const { stored, asked, of } = rig();
    stored.set('a/1', 'one');
    const [first, second] = await Promise.all([of('a', 'a/1'), of('a', 'a/1')]);
    assert.deepEqual(first, { text: 'one' });
    assert.equal(first, second);
    assert.equal(await of('a', 'a/1'), first);
    assert.deepEqual(asked, ['a/1']);
  });

  it('stay while they are among the last two of their family that were asked for', async () => {
    const { stored, asked, of } = rig();
    for (const name of ['a/1', 'a/2', 'a/3', 'b/1']) stored.set(name, name);
    for (const name of ['a/1', 'a/2', 'a/1', 'a/3']) await of('a', name);
    await of('b', 'b/1');
    asked.length = 0;
    for (const name of ['a/1', 'a/3']) await of('a', name);
    await of('b', 'b/1');
    assert.deepEqual(asked, []);
    await of('a', 'a/2');
    assert.deepEqual(asked, ['a/2']);
  });

  it('are null where they are not there or damaged, and asked for again after five seconds', async () => {
    const { stored, asked, clock, optional, of } = rig();
    stored.set('a/2', 'damaged');
    assert.deepEqual([await of('a', 'a/1'), await of('a', 'a/2')], [null, null]);
    stored.set('a/1', 'one').set('a/2', 'two');
    await clock.advance(4_999);
    assert.deepEqual([await of('a', 'a/1'), await of('a', 'a/2')], [null, null]);
    assert.equal(asked.length, 2);
    const problems = (): string[] => ['a/1', 'a/2', 'a/3'].map((name) => optional.problemOf('a', name));
    assert.deepEqual(problems().slice(1), ['damaged', '']);
    assert.match(problems()[0]!, /^'a\/1' is not in the object store; make a new collection/);
    await clock.advance(1);
    const again = [of('a', 'a/1'), of('a', 'a/2')];
    assert.equal(problems()[1], 'damaged', 'until it is read');
    await Promise.all(again);
    assert.deepEqual(problems(), ['', '', '']);
    assert.deepEqual([await of('a', 'a/1'), await of('a', 'a/2')], [{ text: 'one' }, { text: 'two' }]);
  });

  it('are read anew once their family was forgotten, and those of others are not', async () => {
    const { stored, asked, optional, of } = rig();
    stored.set('a/1', 'one').set('b/1', 'other');
    for (const family of ['a', 'b']) await of(family, `${family}/1`);
    optional.forget('a');
    for (const family of ['a', 'b']) await of(family, `${family}/1`);
    assert.deepEqual(asked, ['a/1', 'b/1', 'a/1']);
  });
});
