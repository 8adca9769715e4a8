/**
 * The documents of a log record's body, as the generated decoder would give them, but with the vectors left where they lie.
 *
 * Every document passes here once for each replica of its shard, and its vector is most of it.
 */
import { SparseVector, TokenVectors } from './generated/shoal/v1/document.js';
import { LogDocument_AttributesEntry, type LogDocument } from './generated/shoal/v1/log.js';
import { TextReader } from './text-reader.js';

/** Passages within passages are never written; bytes that pretend to be are refused before they exhaust the stack. */
const depthMax = 8;

/** Tags of DocumentRecord and LogDocument: field number × 8 + wire type. */
const documentTag = 10;
const tags = {
  id: 10,
  title: 18,
  text: 26,
  attributes: 34,
  list: 40,
  dense: 50,
  sparse: 58,
  terms: 64,
  tokens: 74,
  weighted: 80,
  passage: 88,
  start: 96,
  end: 104,
  home: 112,
  further: 122,
} as const;

const noBytes = Buffer.alloc(0);

/** The documents in `body`, a DocumentRecord; `dense` of each is a view of it. RangeError or Error when it is no such message. */
export function decodeDocuments(body: Uint8Array): LogDocument[] {
  const reader = new TextReader(body);
  const documents: LogDocument[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === documentTag) documents.push(decodeDocument(reader, reader.uint32(), 0));
    else reader.skip(tag & 7);
  }
  return documents;
}

function decodeDocument(reader: TextReader, length: number, depth: number): LogDocument {
  if (depth > depthMax) throw new RangeError('passages lie within passages');
  const end = reader.pos + length;
  const document = emptyDocument();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === tags.further) document.further.push(decodeDocument(reader, reader.uint32(), depth + 1));
    else if (!readField(reader, tag, document)) reader.skip(tag & 7);
  }
  if (reader.pos > reader.len) throw new RangeError('a document ends before its length says');
  return document;
}

/** False for a field that this program does not know. */
function readField(reader: TextReader, tag: number, document: LogDocument): boolean {
  switch (tag) {
    case tags.id:
      document.id = reader.string();
      return true;
    case tags.title:
      document.title = reader.string();
      return true;
    case tags.text:
      document.text = reader.string();
      return true;
    case tags.attributes: {
      const { key, value } = LogDocument_AttributesEntry.decode(reader, reader.uint32());
      if (value !== undefined) document.attributes[key] = value;
      return true;
    }
    case tags.dense:
      document.dense = reader.bytesHere();
      return true;
    case tags.sparse:
      document.sparse = SparseVector.decode(reader, reader.uint32());
      return true;
    case tags.tokens:
      document.tokens = TokenVectors.decode(reader, reader.uint32());
      return true;
    default:
      return readNumber(reader, tag, document);
  }
}

function readNumber(reader: TextReader, tag: number, document: LogDocument): boolean {
  switch (tag) {
    case tags.list:
      document.list = reader.uint32();
      return true;
    case tags.terms:
      document.terms = reader.uint32();
      return true;
    case tags.weighted:
      document.weighted = reader.bool();
      return true;
    case tags.passage:
      document.passage = reader.uint32();
      return true;
    case tags.start:
      document.start = reader.uint32();
      return true;
    case tags.end:
      document.end = reader.uint32();
      return true;
    case tags.home:
      document.home = reader.uint32();
      return true;
    default:
      return false;
  }
}

function emptyDocument(): LogDocument {
  return {
    id: '',
    title: undefined,
    text: '',
    attributes: {},
    list: 0,
    dense: noBytes,
    sparse: undefined,
    terms: 0,
    tokens: undefined,
    weighted: false,
    passage: 0,
    start: 0,
    end: 0,
    home: 0,
    further: [],
  };
}
