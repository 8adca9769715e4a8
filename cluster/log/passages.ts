/** A document with several passages lies in every shard that holds a list of one: which part of it goes where. */
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';

export interface DocumentParts {
  /** Subject of the shard that holds the primary passage. */
  readonly subject: string;
  /** The primary passage with title, text and terms, and in `further` those of the same shard. */
  readonly primary: LogDocument;
  /** Every other subject with its passages: the first with the document's id and attributes, the rest in its `further`. */
  readonly others: ReadonlyMap<string, LogDocument>;
}

const nowhereElse: DocumentParts['others'] = new Map();

/** `document`, with all its passages in `further`, by the subject that `subjectOf` gives for their lists. The document is not changed. */
export function partsOf(document: LogDocument, subjectOf: (list: number) => string): DocumentParts {
  const subject = subjectOf(document.list);
  if (document.further.length === 0) return { subject, primary: document, others: nowhereElse };
  const bySubject = new Map<string, LogDocument[]>();
  for (const passage of document.further) {
    const there = subjectOf(passage.list);
    const group = bySubject.get(there);
    if (group === undefined) bySubject.set(there, [passage]);
    else group.push(passage);
  }
  const primary = { ...document, further: bySubject.get(subject) ?? [] };
  bySubject.delete(subject);
  const { id, attributes } = document;
  const others = [...bySubject].map(([there, [first, ...further]]): [string, LogDocument] => [
    there,
    { ...first!, id, attributes, home: document.list, further },
  ]);
  return { subject, primary, others: new Map(others) };
}
