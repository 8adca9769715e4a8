/**
 * One import: lines become documents, bad lines are reported with their place and skipped, and the lines that the cluster refuses are
 * found again by their position in the stream.
 */
import { counted } from '../../../base/counted.js';
import { ShoalError } from '../../../base/errors.js';
import { eachRow, type NpyMatrix } from '../npy.js';
import { headerFromJson } from './export-header.js';
import { looksLikeHeader } from './peek-header.js';
import { documentFromJson, knownFields, parseJsonLine, type DocumentSchema } from './document-json.js';
import { lineBytesMax, type LineFile } from './lines.js';
import { LineIndex } from './line-index.js';
import type { AttributeTypeName } from '../../../proto/attributes.js';
import type { Document, ImportResult } from '../../sdk/types.js';

export interface RejectedLine {
  /** "notes.jsonl:17". */
  readonly place: string;
  readonly why: string;
  /** The line as it was read; null when it was too long to keep. */
  readonly bytes: Uint8Array | null;
}

export interface ImportPlan {
  readonly files: readonly LineFile[];
  /** Row i belongs to line i over all files, or is document i when there are no files. */
  readonly vectors: NpyMatrix | null;
  readonly schema: DocumentSchema;
  /** Sends the documents and resolves when they are on disk. */
  readonly send: (documents: AsyncIterable<Document>) => Promise<ImportResult>;
  readonly onReject: (line: RejectedLine) => Promise<void>;
}

export interface ImportSummary {
  /** Lines that were not blank. */
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly uid: string;
  readonly sequence: bigint;
  /** Fields that mean nothing to Shoal and were left out. */
  readonly ignoredFields: readonly string[];
  /** Rows of the vectors file that no line claimed. */
  readonly rowsLeft: number;
}

/** Runs `plan`. Bad lines never throw; an error of a file or of the connection does. */
export async function runImport(plan: ImportPlan): Promise<ImportSummary> {
  const state: ReadState = { read: 0, rejected: 0, ignored: new Set(), index: new LineIndex(), rowsUsed: 0 };
  const answer = await plan.send(plan.files.length === 0 ? vectorDocuments(plan, state) : lineDocuments(plan, state));
  await reportRefused(plan, state, answer);
  return {
    read: state.read,
    written: answer.written,
    unchanged: answer.unchanged,
    rejected: state.rejected + answer.rejected,
    uid: answer.uid,
    sequence: answer.sequence,
    ignoredFields: [...state.ignored],
    rowsLeft: plan.vectors === null ? 0 : Math.max(0, plan.vectors.rows - state.rowsUsed),
  };
}

interface ReadState {
  read: number;
  rejected: number;
  rowsUsed: number;
  readonly ignored: Set<string>;
  readonly index: LineIndex;
}

async function* vectorDocuments(plan: ImportPlan, state: ReadState): AsyncGenerator<Document> {
  if (plan.vectors === null) return;
  const { dim } = plan.schema;
  if (dim !== 0 && plan.vectors.dim !== dim) throw wrongDim(plan.vectors, dim);
  for await (const vector of eachRow(plan.vectors)) {
    yield { id: String(state.read), vector };
    state.read += 1;
    state.rowsUsed += 1;
  }
}

async function* lineDocuments(plan: ImportPlan, state: ReadState): AsyncGenerator<Document> {
  const { vectors, schema } = plan;
  if (vectors !== null && schema.dim !== 0 && vectors.dim !== schema.dim) throw wrongDim(vectors, schema.dim);
  const rows = vectors === null ? null : eachRow(vectors);
  const types = { ...schema.attributes };
  for (const [file, source] of plan.files.entries()) {
    for await (const line of source.lines()) {
      if (line.bytes !== null && takeHeader(line.bytes, types)) continue;
      const row = rows === null ? undefined : await rows.next();
      if (row?.done === false) state.rowsUsed += 1;
      if (line.bytes !== null && isBlank(line.bytes)) continue;
      state.read += 1;
      try {
        if (row?.done === true)
          throw new ShoalError('INVALID_ARGUMENT', `the vectors file ends after ${counted(vectors?.rows ?? 0, 'row')}`);
        const document = lineDocument(line.bytes, {
          schema: { ...schema, attributes: types },
          vector: row?.value,
          ignored: state.ignored,
        });
        state.index.add({ file, line: line.number });
        yield document;
      } catch (error) {
        const { code, message } = ShoalError.from(error);
        if (!isOfLine(code)) throw error;
        state.rejected += 1;
        await plan.onReject({ place: `${source.name}:${line.number}`, why: message, bytes: line.bytes });
      }
    }
  }
}

/** Whether the line is a sound header of an export; its types are then in `types`, unless these have them already. */
function takeHeader(bytes: Uint8Array, types: Record<string, AttributeTypeName>): boolean {
  if (!looksLikeHeader(bytes)) return false;
  try {
    const header = headerFromJson(parseJsonLine(bytes));
    if (header === null) return false;
    for (const [name, type] of Object.entries(header.attributes)) if (!Object.hasOwn(types, name)) types[name] = type;
    return true;
  } catch (error) {
    // Read as a document it is refused with the same words, as any bad line is.
    if (isOfLine(ShoalError.from(error).code)) return false;
    throw error;
  }
}

/** Whether such an error is one of a line, and the next line may be fine: nonsense, or a header of a newer format. */
function isOfLine(code: ShoalError['code']): boolean {
  return code === 'INVALID_ARGUMENT' || code === 'FAILED_PRECONDITION';
}

function lineDocument(
  bytes: Uint8Array | null,
  context: { schema: DocumentSchema; vector: Float32Array | undefined; ignored: Set<string> },
): Document {
  if (bytes === null) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `the line is longer than ${lineBytesMax} bytes; cut the document into chunks`,
    );
  }
  const json = parseJsonLine(bytes);
  headerFromJson(json);
  for (const field of Object.keys(json)) if (!knownFields.has(field)) context.ignored.add(field);
  if (Object.hasOwn(json, '_id') && Object.hasOwn(json, 'id') && json['id'] !== json['_id']) context.ignored.add('id');
  return documentFromJson(json, context.schema, context.vector);
}

/** Reads the refused lines again, file by file, so that a rejects file can hold them. */
async function reportRefused(plan: ImportPlan, state: ReadState, answer: ImportResult): Promise<void> {
  const byFile = new Map<number, Map<number, string>>();
  for (const { position, result } of answer.rejects) {
    const named = result.error?.message ?? '';
    const why = named === '' ? 'refused; the reasons are given of the first 1,000 only' : named;
    if (plan.files.length === 0) {
      await plan.onReject({ place: `row ${position}`, why, bytes: null });
      continue;
    }
    const place = state.index.find(position);
    const lines = byFile.get(place.file) ?? new Map<number, string>();
    byFile.set(place.file, lines.set(place.line, named === '' ? why : `${why} (document ${result.id})`));
  }
  for (const [file, lines] of byFile) {
    const source = plan.files[file];
    if (source !== undefined) await reportLines(plan, source, lines);
  }
}

async function reportLines(plan: ImportPlan, source: LineFile, refused: Map<number, string>): Promise<void> {
  const left = new Map(refused);
  if (source.canReread) {
    for await (const line of source.lines()) {
      const why = left.get(line.number);
      if (why === undefined) continue;
      left.delete(line.number);
      await plan.onReject({ place: `${source.name}:${line.number}`, why, bytes: line.bytes });
      if (left.size === 0) break;
    }
  }
  for (const [number, why] of left) await plan.onReject({ place: `${source.name}:${number}`, why, bytes: null });
}

function wrongDim(vectors: NpyMatrix, dim: number): ShoalError {
  return new ShoalError(
    'INVALID_ARGUMENT',
    `the vectors file has rows of ${counted(vectors.dim, 'number')}, but the collection's vectors have ${counted(dim, 'dimension')}`,
  );
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}
