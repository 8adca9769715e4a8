import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { hashText } from '../../../../base/hash.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import {
  IdColumns,
  keyOrderOf,
  numbersOf,
  termRanges,
  textColumns,
  tokenColumns,
  utf8,
} from '../../../../vector-index/segment/sealed-columns.js';
import { idKey } from '../../../../vector-index/segment/segment-reader.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

async function goldenFile(name: string): Promise<ColumnFile> {
  const path = fileURLToPath(new URL(`../../../golden/${name}/0000000001.segment`, import.meta.url));
  return new ColumnFile(path, new Uint8Array(await systemFiles.read(path)));
}

/** What the columns of `file` say of every row. */
function said(file: ColumnFile): unknown[] {
  const ids = new IdColumns(file);
  const [texts, tokens, terms] = [textColumns(file), tokenColumns(file), termRanges(file)];
  const [flags, lists] = [numbersOf(file, 'flags', 1), numbersOf(file, 'list', 4)];
  return Array.from({ length: file.layout.rows }, (_, row) => {
    const id = utf8(ids.bytes(row));
    return [
      ...[id, ids.hash(row) === hashText(id), ids.rowsOf(idKey(id, hashText(id))), flags.at(row)],
      ...(file.layout.codes === undefined ? [lists.at(row)] : []),
      ...[texts.ranges.start(row), texts.ranges.length(row), texts.titles.at(row)],
      ...[tokens.ranges.start(row), tokens.ranges.length(row), tokens.counts.at(row), tokens.codecs.at(row)],
      ...[terms.start(row), terms.length(row), keyOrderOf(file)?.at(row)],
    ];
  });
}

describe('the columns of a sealed segment', () => {
  for (const [older, newer] of [
    ['index-v1', 'index-v3'],
    ['index-v2', 'index-v4'],
  ] as const) {
    it(`say the same in ${older} and ${newer}, in fewer bytes`, async () => {
      const [before, after] = [await goldenFile(older), await goldenFile(newer)];
      assert.deepEqual(said(after), said(before));
      assert.deepEqual(new IdColumns(after).rowsOf(idKey('none', hashText('none'))), []);
      assert.ok(bytesOfColumns(after) < bytesOfColumns(before));
    });
  }
});

function bytesOfColumns({ layout }: ColumnFile): number {
  return layout.columns.filter(({ name }) => !name.startsWith('attribute.')).reduce((sum, { bytes }) => sum + bytes, 0);
}
