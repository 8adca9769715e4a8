import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { npyBytes } from '../npy-bytes.js';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal import', () => {
  const { shoal, folder, fake } = withFakeCoordinator();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder(), name), content);
    return join(folder(), name);
  };

  it('creates the collection and tells what became of the documents', async () => {
    const path = file('notes.jsonl', '{"_id":"1","text":"shoes"}\n{"id":"2","text":"hats","title":"H"}\n');
    const result = await shoal(['import', 'notes', path, '--json']);
    assert.equal(result.exitCode, 0);
    const { seconds, ...rest } = result.json();
    assert.equal(typeof seconds, 'number');
    assert.deepEqual(rest, {
      collection: 'notes',
      uid: 'uid-notes',
      read: 2,
      written: 2,
      unchanged: 0,
      rejected: 0,
      sequence: '9',
    });
    assert.match(result.stderr, /created the collection notes/);
  });

  it('never writes rejected lines over the file that it reads', async () => {
    const line = '{"_id":"1","text":"shoes"}\n';
    const path = file('both.jsonl', line);
    symlinkSync(path, join(folder(), 'other-name.jsonl'));
    for (const rejects of [path, join(folder(), 'other-name.jsonl')]) {
      const result = await shoal(['import', 'both', path, '--rejects', rejects]);
      assert.equal(result.exitCode, 2);
      assert.match(
        result.stderr,
        /--rejects would write over .*both\.jsonl, which is to be imported; name another file/,
      );
    }
    assert.equal(readFileSync(path, 'utf8'), line);
  });

  it('creates no collection for a file that is not there', async () => {
    const result = await shoal(['import', 'mistyped', join(folder(), 'no-such.jsonl')]);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /cannot read .*no-such\.jsonl/);
    assert.doesNotMatch(result.stderr, /created the collection/);
  });

  it('names each bad line with its place and reason, goes on, keeps them, and ends with 1', async () => {
    const bad = [
      '{"_id":"2","text":',
      '{"text":"no id"}',
      '{"_id":"4"}',
      '{"_id":"5","text":7}',
      '{"_id":"6","text":"x","vector":[1,2]}',
    ];
    const path = file(
      'n.jsonl',
      ['{"_id":"1","text":"a"}', ...bad, '{"_id":"bad7","text":"x"}', '{"_id":"8","text":"b"}', ''].join('\n'),
    );
    const rejects = join(folder(), 'rejects.jsonl');
    const result = await shoal(['import', 'notes', path, '--rejects', rejects, '--json']);
    assert.equal(result.exitCode, 1);
    assert.equal(result.json()['read'], 8);
    assert.equal(result.json()['written'], 2);
    assert.equal(result.json()['rejected'], 6);
    for (const [line, why] of [
      [2, /no JSON/],
      [3, /no id; give "_id"/],
      [4, /no text/],
      [5, /"text" is no string/],
      [6, /"vector" has 2 numbers.*3 dimensions/],
      [7, /the fake refuses it \(document bad7\)/],
    ] as const) {
      const said = result.stderr.split('\n').find((text) => text.startsWith(`${path}:${line}: `));
      assert.match(said ?? `line ${line} is not named`, why);
    }
    assert.deepEqual(readFileSync(rejects, 'utf8').trim().split('\n'), [...bad, '{"_id":"bad7","text":"x"}']);
  });

  it('reads compressed files, BEIR directories and standard input', async () => {
    const line = (id: string): string => `{"_id":"${id}","text":"x"}\n`;
    const packed = file('p.jsonl.gz', gzipSync(line('1') + line('2')));
    mkdirSync(join(folder(), 'beir'));
    file('beir/corpus.jsonl', line('3'));
    const result = await shoal(['import', 'notes', packed, join(folder(), 'beir'), '-', '--json'], {
      stdin: line('4').trim(),
    });
    assert.equal(result.json()['written'], 4);
  });

  it('keeps refused lines of standard input as well', async () => {
    const rejects = join(folder(), 'rejects.jsonl');
    const stdin = '{"_id":"1","text":"x"}\n{"_id":"bad","text":"y"}\n';
    const result = await shoal(['import', 'notes', '-', '--rejects', rejects], { stdin });
    assert.equal(result.exitCode, 1);
    assert.equal(readFileSync(rejects, 'utf8'), '{"_id":"bad","text":"y"}\n');
  });

  it('brings ready vectors: alone by row number, or beside lines', async () => {
    const npy = file(
      'v.npy',
      npyBytes([
        [1, 0, 0, 0],
        [0, 1, 0, 0],
      ]),
    );
    assert.equal((await shoal(['import', 'images', '--vectors', npy, '--json'])).json()['written'], 2);
    const image = (await shoal(['get', 'images', '1', '--vectors', '--json'])).json();
    assert.deepEqual(image['vector'], [0, 1, 0, 0]);
    const small = file('w.npy', npyBytes([[1, 2, 3]]));
    const lines = file('l.jsonl', '{"_id":"a","text":"x"}\n{"_id":"b","text":"y"}\n');
    const beside = await shoal(['import', 'notes', lines, '--vectors', small]);
    assert.equal(beside.exitCode, 1);
    assert.match(beside.stderr, /l\.jsonl:2: the vectors file ends after 1 row\n/);
    assert.deepEqual((await shoal(['get', 'notes', 'a', '--vectors', '--json'])).json()['vector'], [1, 2, 3]);
  });

  it('refuses vectors of other dimensions as a whole', async () => {
    const npy = file('v.npy', npyBytes([[1, 2]]));
    await shoal(['collections', 'create', 'notes']);
    const result = await shoal(['import', 'notes', '--vectors', npy]);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /rows of 2 numbers.*3 dimensions/);
  });

  it('counts documents that are there already', async () => {
    const path = file('n.jsonl', '{"_id":"1","text":"a"}\n{"_id":"2","text":"b"}\n');
    await shoal(['import', 'notes', path]);
    const more = file('m.jsonl', '{"_id":"1","text":"a"}\n{"_id":"3","text":"c"}\n');
    assert.match((await shoal(['import', 'notes', more])).stdout, /^1 document written, 1 unchanged in /);
    const { written, unchanged } = (await shoal(['import', 'notes', path, '--json'])).json();
    assert.deepEqual([written, unchanged], [0, 2]);
  });

  it('brings documents of several passages, and gives them back', async () => {
    const line =
      '{"_id":"1","text":"ab cd","passages":[{"vector":[1,2,3],"start":0,"end":2},{"vector":[4,5,6],"start":3,"end":0}]}';
    await shoal(['import', 'notes', file('p.jsonl', `${line}\n`)]);
    const exported = (await shoal(['export', 'notes', '--vectors'])).stdout.split('\n');
    assert.equal(exported[1], line);
    assert.match((await shoal(['get', 'notes', '1', '--vectors'])).stdout, /passages 2/);
  });

  it('says which fields mean nothing', async () => {
    const path = file('n.jsonl', '{"_id":"1","text":"a","url":"u","metadata":{}}\n');
    assert.match((await shoal(['import', 'notes', path])).stderr, /left out: url, metadata/);
  });

  it('ends at the error of the connection', async () => {
    const path = file('n.jsonl', '{"_id":"1","text":"a"}\n');
    await fake().close();
    const result = await shoal(['import', 'notes', path, '--json']);
    assert.equal(result.exitCode, 1);
    assert.match(result.stderr, /"UNAVAILABLE"/);
  });

  it('says what is wrong usage, and which file is missing', async () => {
    assert.equal((await shoal(['import', 'notes'])).exitCode, 2);
    assert.equal((await shoal(['import', 'notes', '-', '-'])).exitCode, 2);
    const missing = await shoal(['import', 'notes', join(folder(), 'none.jsonl')]);
    assert.match(missing.stderr, /cannot read .*none\.jsonl/);
    assert.equal(missing.exitCode, 1);
  });
});
