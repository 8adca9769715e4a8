/** The simulated disk keeps what was fsynced, and nothing else for certain. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { SimDisk } from './disk.js';

const bytes = (text: string): Buffer => Buffer.from(text);

/** What the file `/d/f` holds after a power cut under each of 200 seeds; null = it is gone. */
function outcomes(prepare: (disk: SimDisk) => void): Set<string | null> {
  const seen = new Set<string | null>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const disk = new SimDisk(seededRandom(seed));
    disk.makeDirectory('/d');
    prepare(disk);
    disk.cutPower();
    seen.add(disk.list('/d').includes('f') ? disk.read('/d/f').toString() : null);
  }
  return seen;
}

describe('the simulated disk', () => {
  it('keeps a file whose bytes and name were synced', () => {
    const seen = outcomes((disk) => {
      const file = disk.create('/d/f');
      disk.write(file, bytes('abc'));
      disk.sync(file);
      disk.syncDirectory('/d');
    });
    assert.deepEqual([...seen], ['abc']);
  });

  it('loses, keeps or tears what was written after the last sync', () => {
    const seen = outcomes((disk) => {
      const file = disk.create('/d/f');
      disk.write(file, bytes('abc'));
      disk.sync(file);
      disk.syncDirectory('/d');
      disk.write(file, bytes('def'));
    });
    assert.ok(seen.has('abc') && seen.has('abcdef') && seen.has('abcd') && seen.size > 4, [...seen].join());
    assert.ok([...seen].every((content) => content?.startsWith('abc')));
  });

  it('loses a synced file whose name was not synced, now and then', () => {
    const seen = outcomes((disk) => {
      const file = disk.create('/d/f');
      disk.write(file, bytes('abc'));
      disk.sync(file);
    });
    assert.deepEqual(seen, new Set(['abc', null]));
  });

  it('shows the old or the new file after a rename that was not synced', () => {
    const seen = outcomes((disk) => {
      for (const [name, text] of [
        ['f', 'old'],
        ['f.tmp', 'new'],
      ] as const) {
        const file = disk.create(`/d/${name}`);
        disk.write(file, bytes(text));
        disk.sync(file);
      }
      disk.syncDirectory('/d');
      disk.rename('/d/f.tmp', '/d/f');
    });
    assert.deepEqual(seen, new Set(['old', 'new']));
  });

  it('does not save what it failed to sync, whatever later syncs say', () => {
    const seen = outcomes((disk) => {
      const file = disk.create('/d/f');
      disk.syncDirectory('/d');
      disk.write(file, bytes('abc'));
      disk.failingSyncs = 1;
      assert.throws(() => disk.sync(file), { code: 'EIO' });
      disk.sync(file);
    });
    assert.ok(seen.has(''));
  });

  it('takes nothing more while it is full', () => {
    const disk = new SimDisk(seededRandom(1));
    disk.makeDirectory('/d');
    disk.isFull = true;
    assert.throws(() => disk.create('/d/f'), { code: 'ENOSPC' });
  });
});
