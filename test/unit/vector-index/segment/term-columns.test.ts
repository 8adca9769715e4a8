import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { bytesOf } from '../../../../base/bytes.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { SegmentFileWriter } from '../../../../vector-index/segment/segment-file-writer.js';
import { TermColumns } from '../../../../vector-index/segment/term-columns.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';

const whole: Record<string, Uint16Array | Uint32Array> = {
  postRow: Uint32Array.of(0, 1, 1),
  postWeight: Uint16Array.of(0x3800, 0x3c00, 0x3400),
  term: Uint32Array.of(7, 9),
  termStart: Uint32Array.of(0, 2, 3),
  rowTermStart: Uint32Array.of(0, 1, 3),
  rowTerm: Uint32Array.of(7, 7, 9),
  rowTermWeight: Uint16Array.of(0x3800, 0x3c00, 0x3400),
};

/** The columns of a file of two rows that holds `columns` and nothing else. */
function columnsOf(columns: Record<string, Uint16Array | Uint32Array>): Promise<TermColumns> {
  return inFolder(async (directory) => {
    const path = `${directory}/one.segment`;
    const writer = await SegmentFileWriter.create(systemFiles, path, {
      slices: new Slices(systemClock),
      format: 1,
    });
    for (const [name, column] of Object.entries(columns)) {
      writer.column(name);
      writer.bytes(bytesOf(column));
    }
    await writer.commit({ rows: 2, dim: 0, tokenDim: 0, codecs: [], attributes: [] });
    const map = systemFiles.map(path);
    try {
      return new TermColumns(new ColumnFile(path, map.bytes.slice()));
    } finally {
      map.close();
    }
  });
}

describe('the columns of terms', () => {
  it('give the postings of a term and the terms of a row', async () => {
    const columns = await columnsOf(whole);
    const { start, end, weights } = columns.postings(9)!;
    assert.deepEqual([start, end, weights[2]], [2, 3, 0x3400]);
    assert.equal(columns.postings(8), null);
    assert.deepEqual([...columns.termsOf(1).termIds], [7, 9]);
  });

  it('may all be absent', async () => {
    assert.equal((await columnsOf({})).dictionary.length, 0);
  });

  const contradictions: Record<string, Record<string, Uint16Array | Uint32Array>> = {
    'fewer weights than rows': { postWeight: Uint16Array.of(1, 2) },
    'a start behind the next one': { termStart: Uint32Array.of(0, 4, 3) },
    'postings that pass the end': { termStart: Uint32Array.of(0, 2, 5) },
    'a start too few': { termStart: Uint32Array.of(0, 3) },
    'terms of rows that pass the end': { rowTermStart: Uint32Array.of(0, 1, 9) },
    'weights of rows that are missing': { rowTermWeight: Uint16Array.of(1) },
  };
  for (const [what, wrong] of Object.entries(contradictions)) {
    it(`are refused as damaged with ${what}`, async () => {
      await assert.rejects(columnsOf({ ...whole, ...wrong }), { code: 'DATA_LOSS' });
    });
  }
});
