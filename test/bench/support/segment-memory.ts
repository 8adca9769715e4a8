/**
 * Memory that a sealed document takes beside its vector, codes, tokens, postings, text and attributes: the columns that are read before
 * the first answer and by every search and write. Counted from the files, and measured as what opening them maps into this process.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ColumnFile } from '../../../vector-index/segment/column-file.js';
import { SealedSegment } from '../../../vector-index/segment/sealed-segment.js';
import { systemFiles } from '../../../vector-index/system-files.js';

export interface SegmentMemory {
  /** Living and dead. */
  readonly rows: number;
  /** Of the columns, ids included. */
  readonly bytesPerRow: number;
  /** Of these, the ids themselves. */
  readonly idBytesPerRow: number;
  /** Resident of the mapped files once they are open, less attributes and postings; null where the system does not say. */
  readonly mappedBytesPerRow: number | null;
}

/** Columns of vectors, codes, tokens, postings and documents' own content. */
const otherColumns =
  /^(dense|codes|copyCodes|second|token|tokenOffset|text|contentHash|post.*|term.*|rowTerm.*|attribute\..*)$/;
/** Of these, the ones that are checked, and so read, when a file is opened. */
const checkedColumns = /^(term|termStart|rowTerm(Length|Base)|attribute\..*)$/;

/** Of all segments in `directory` and its folders. Nobody else may change them meanwhile. */
export function segmentMemory(directory: string): SegmentMemory {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => name.endsWith('.segment')).map((name) => join(directory, name));
  const before = mappedBytes();
  const segments = paths.map((path) => SealedSegment.open(systemFiles, path));
  const mapped = mappedBytes();
  const rows = segments.reduce((sum, { rowCount }) => sum + rowCount, 0);
  for (const segment of segments) segment.close();
  const bytesOf = (wanted: (name: string) => boolean): number =>
    paths.reduce((sum, path) => sum + columnBytes(path, wanted), 0) / rows;
  const checked = bytesOf((name) => checkedColumns.test(name));
  return {
    rows,
    bytesPerRow: bytesOf((name) => !otherColumns.test(name)),
    idBytesPerRow: bytesOf((name) => name === 'id'),
    mappedBytesPerRow: mapped === null || before === null ? null : (mapped - before) / rows - checked,
  };
}

function columnBytes(path: string, wanted: (name: string) => boolean): number {
  const map = systemFiles.map(path);
  try {
    const { columns } = new ColumnFile(path, map.bytes).layout;
    return columns.reduce((sum, { name, bytes }) => sum + (wanted(name) ? bytes : 0), 0);
  } finally {
    map.close();
  }
}

/** Resident bytes of mapped segment files. */
function mappedBytes(): number | null {
  if (process.platform !== 'linux') return null;
  let isSegment = false;
  let bytes = 0;
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) isSegment = line.endsWith('.segment');
    else if (isSegment && line.startsWith('Rss:')) bytes += 1024 * Number(/\d+/.exec(line)![0]);
  }
  return bytes;
}
