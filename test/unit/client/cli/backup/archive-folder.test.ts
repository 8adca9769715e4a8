import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { checkArchive, isArchive, readMembers, writeArchive } from '../../../../../client/cli/backup/archive-folder.js';
import type { ArchivePart } from '../../../../../client/sdk/backups.js';
import { ShoalError } from '../../../../../base/errors.js';
import { hostileManifests, hostileNames, signed } from '../../../cluster/archive/hostile-manifests.js';
import { partsOf, smallArchive } from '../../../cluster/archive/small-archive.js';
import { folderPerTest } from '../../../../temporary-folder.js';

describe('a backup in a folder', () => {
  const folder = folderPerTest();
  const archive = smallArchive();
  const write = async (): Promise<string> => {
    const directory = join(folder(), 'backup');
    await writeArchive(directory, Readable.from(partsOf(archive)));
    return directory;
  };

  it('is read as it was written', async () => {
    const directory = await write();
    const { manifest, problems } = await checkArchive(directory);
    assert.deepEqual(problems, []);
    const read: Record<string, Buffer> = {};
    let name = '';
    for await (const part of readMembers(directory, manifest)) {
      if (part.kind === 'member') read[(name = part.name)] = Buffer.alloc(0);
      else read[name] = Buffer.concat([read[name]!, part.bytes]);
    }
    assert.deepEqual(read, archive.members);
    assert.deepEqual([await isArchive(directory), await isArchive(folder())], [true, false]);
  });

  it('is never written over another one', async () => {
    const directory = await write();
    await assert.rejects(writeArchive(directory, Readable.from(partsOf(archive))), { code: 'ALREADY_EXISTS' });
  });

  it('touches no other folder, and gives way to one that came to exist meanwhile', async () => {
    const directory = join(folder(), 'backup');
    mkdirSync(`${directory}.partial`);
    writeFileSync(join(`${directory}.partial`, 'precious'), 'x');
    const both = await Promise.allSettled([0, 1].map(() => writeArchive(directory, Readable.from(partsOf(archive)))));
    const [refused] = both.flatMap((each) => (each.status === 'rejected' ? [each.reason as ShoalError] : []));
    assert.deepEqual(
      [both.map(({ status }) => status).sort(), refused?.code],
      [['fulfilled', 'rejected'], 'ALREADY_EXISTS'],
    );
    assert.deepEqual((await checkArchive(directory)).problems, []);
    assert.deepEqual(readdirSync(folder()).sort(), ['backup', 'backup.partial']);
    assert.deepEqual(readdirSync(`${directory}.partial`), ['precious']);
  });

  it('is not said to be written where the disk took only a part of it', async () => {
    const script = `
      import { writeArchive } from ${JSON.stringify(urlOf('../../../../../client/cli/backup/archive-folder.ts'))};
      async function* parts() {
        yield { kind: 'member', name: 'shard-0.log' };
        yield { kind: 'data', bytes: Buffer.alloc(1_500) };
        throw new Error('all bytes were taken');
      }
      await writeArchive(${JSON.stringify(join(folder(), 'backup'))}, parts()).catch(({ code, message }) => console.log(code, message));
    `;
    const limited = [
      '-c',
      'ulimit -f 1; exec "$@"',
      'bash',
      process.execPath,
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      script,
    ];
    const { stdout } = await promisify(execFile)('bash', limited);
    assert.match(stdout, /^RESOURCE_EXHAUSTED cannot write a backup to .*make room/);
    assert.deepEqual(readdirSync(folder()), []);
  });

  it('says where it cannot be', async () => {
    writeFileSync(join(folder(), 'file'), '');
    const directory = join(folder(), 'file', 'backup');
    await assert.rejects(writeArchive(directory, Readable.from(partsOf(archive))), {
      code: 'INVALID_ARGUMENT',
      message: /^cannot write a backup to .*file\/backup.*name another folder$/,
    });
  });

  it('leaves nothing behind when it fails, wherever that is', async () => {
    const parts = [...partsOf(archive)];
    const data: ArchivePart = { kind: 'data', bytes: Buffer.from('x') };
    const failures: readonly (readonly [string, readonly (ArchivePart | Error)[], string])[] = [
      ['the source fails', [...parts.slice(0, 3), new ShoalError('UNAVAILABLE', 'gone')], 'UNAVAILABLE'],
      ['there is no manifest', parts.slice(0, 4), 'UNAVAILABLE'],
      ['bytes of no member', [data], 'UNKNOWN'],
      ['a byte too many', [...parts.slice(0, 2), data, ...parts.slice(2)], 'DATA_LOSS'],
      ['a member too few', [...parts.slice(0, 2), ...parts.slice(4)], 'DATA_LOSS'],
      ['a hostile name', [{ kind: 'member', name: '../evil' }], 'INVALID_ARGUMENT'],
    ];
    for (const [what, given, code] of failures) {
      const directory = join(folder(), 'failing');
      async function* source(): AsyncGenerator<ArchivePart> {
        for (const part of given) {
          if (part instanceof Error) throw part;
          yield part;
        }
      }
      await assert.rejects(writeArchive(directory, source()), { code }, what);
      assert.deepEqual(readdirSync(folder()), [], what);
    }
  });

  it('is told from other folders, and from one that was not finished', async () => {
    await assert.rejects(checkArchive(join(folder(), 'none')), { code: 'NOT_FOUND' });
    await assert.rejects(checkArchive(folder()), {
      code: 'INVALID_ARGUMENT',
      message: /no backup, or one that was not/,
    });
  });
});

/** Each does harm to a sound backup of the members `shard-0.manifest` and `shard-0.log`. */
const harms: readonly (readonly [string, (directory: string, outside: string) => void, string, RegExp])[] = [
  ['a flipped bit', (at) => flip(join(at, 'shard-0.manifest'), 3), 'DATA_LOSS', /shard-0.manifest.*checksum/],
  ['a byte too many', (at) => appendFileSync(join(at, 'shard-0.log'), 'x'), 'DATA_LOSS', /shard-0.log.*0 bytes/],
  ['a byte too few', (at) => truncateSync(join(at, 'shard-0.manifest'), 23), 'DATA_LOSS', /24 bytes/],
  ['an emptied member', (at) => truncateSync(join(at, 'shard-0.manifest'), 0), 'DATA_LOSS', /24 bytes/],
  ['a missing member', (at) => rmSync(join(at, 'shard-0.log')), 'INVALID_ARGUMENT', /shard-0.log.*is missing/],
  ['a surplus member', (at) => writeFileSync(join(at, 'evil'), ''), 'INVALID_ARGUMENT', /"evil".*does not belong/],
  ['a surplus folder', (at) => mkdirSync(join(at, 'evil')), 'INVALID_ARGUMENT', /"evil".*does not belong/],
  ['a hidden file', (at) => writeFileSync(join(at, '.evil'), ''), 'INVALID_ARGUMENT', /does not belong/],
  [
    'a link to the same bytes elsewhere',
    (at, outside) => {
      renameSync(join(at, 'shard-0.manifest'), outside);
      symlinkSync(outside, join(at, 'shard-0.manifest'));
    },
    'INVALID_ARGUMENT',
    /shard-0.manifest.*no plain file/,
  ],
  [
    'a link to nothing',
    (at, outside) => {
      rmSync(join(at, 'shard-0.log'));
      symlinkSync(outside, join(at, 'shard-0.log'));
    },
    'INVALID_ARGUMENT',
    /no plain file/,
  ],
  [
    'a folder for a member',
    (at) => {
      rmSync(join(at, 'shard-0.log'));
      mkdirSync(join(at, 'shard-0.log'));
    },
    'INVALID_ARGUMENT',
    /no plain file/,
  ],
  ['a flipped bit in the manifest', (at) => flip(join(at, 'backup-manifest'), 40), 'DATA_LOSS', /backup-manifest/],
  ['a cut off manifest', (at) => truncateSync(join(at, 'backup-manifest'), 100), 'DATA_LOSS', /backup-manifest/],
  ['no manifest', (at) => rmSync(join(at, 'backup-manifest')), 'INVALID_ARGUMENT', /no backup/],
  [
    'a linked manifest',
    (at, outside) => {
      renameSync(join(at, 'backup-manifest'), outside);
      symlinkSync(outside, join(at, 'backup-manifest'));
    },
    'INVALID_ARGUMENT',
    /no plain file/,
  ],
];

describe('a hostile or damaged backup', () => {
  const folder = folderPerTest();
  const refused = async (harm: (directory: string, outside: string) => void): Promise<ShoalError> => {
    const directory = join(folder(), 'backup');
    await writeArchive(directory, Readable.from(partsOf(smallArchive())));
    harm(directory, join(folder(), 'outside'));
    try {
      const { problems } = await checkArchive(directory);
      assert.equal(problems.length, 1, problems.join());
      return problems[0]!;
    } catch (error) {
      return ShoalError.from(error);
    }
  };

  for (const [what, harm, code, message] of harms) {
    it(`is refused for ${what}`, async () => {
      const error = await refused(harm);
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
    });
  }

  for (const [what, json] of hostileManifests) {
    it(`is refused for ${what} in its manifest`, async () => {
      const error = await refused((at) => writeFileSync(join(at, 'backup-manifest'), signed(json)));
      assert.equal(error.code, 'INVALID_ARGUMENT', error.message);
    });
  }

  it('never makes a file outside of its folder', async () => {
    for (const name of hostileNames) {
      const directory = join(folder(), 'inner', 'backup');
      const parts = [{ kind: 'member', name: name as string }] as const;
      await assert.rejects(writeArchive(directory, Readable.from(parts)), { code: 'INVALID_ARGUMENT' });
      assert.ok(!existsSync(directory) && !existsSync(join(folder(), 'inner', 'evil')));
    }
  });

  it('is another problem for each damaged member', async () => {
    const directory = join(folder(), 'backup');
    await writeArchive(directory, Readable.from(partsOf(smallArchive())));
    flip(join(directory, 'shard-0.manifest'), 0);
    linkSync(join(directory, 'shard-0.manifest'), join(directory, 'again'));
    rmSync(join(directory, 'shard-0.log'));
    assert.deepEqual(
      (await checkArchive(directory)).problems.map(({ code }) => code),
      ['INVALID_ARGUMENT', 'DATA_LOSS', 'INVALID_ARGUMENT'],
    );
  });
});

function urlOf(path: string): string {
  return new URL(path, import.meta.url).href;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}
