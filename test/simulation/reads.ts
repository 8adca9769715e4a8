/** What clients read, and what must hold of each answer. */
import { DocumentsService } from '../../proto/generated/shoal/v1/documents.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import { attributesFrom, drawFilter, everything, isEqualAttributes, tokenOf } from './content.js';
import type { Version } from './version.js';
import type { Session } from './session.js';
import { drawMs, type Seat } from './writes.js';

/** What a read asks to see, and since when it must show the truth. */
export interface Since {
  readonly minSequence: { readonly uid: string; readonly sequence: bigint } | undefined;
  readonly from: bigint;
}

export function drawSince(session: Session, { coordinator }: Seat): Since {
  const { uid } = session.collection;
  if (session.random.below(3) === 0) return { minSequence: undefined, from: session.floorOf(coordinator) };
  const sequence = session.acknowledged;
  const from = sequence > session.floorOf(coordinator) ? sequence : session.floorOf(coordinator);
  return { minSequence: { uid, sequence }, from };
}

/** One document. */
export async function get(session: Session, seat: Seat): Promise<void> {
  const id = session.drawId();
  const { minSequence, from } = drawSince(session, seat);
  const sinceMs = session.wallMs;
  const request = { collection: session.collection.name, id, withVectors: session.random.below(4) === 0, minSequence };
  const { answer, error } = await seat.client.call(
    seat.coordinator,
    DocumentsService.getDocument,
    request,
    drawMs(session),
  );
  const isAbsent = error?.code === 'NOT_FOUND';
  session.note('get', 1, isAbsent ? null : error);
  if (answer === null && (!isAbsent || session.isAlias)) return;
  if (answer !== null && session.isElsewhere(answer.uid)) return;
  const version = session.checkAllowed('a get', { id, docId: answer?.docId ?? null }, from, sinceMs);
  if (answer !== null && version !== null) checkDocument(session, 'a get', version, answer.document);
}

/** The number of documents, perhaps of those that match a filter. */
export async function count(session: Session, seat: Seat): Promise<void> {
  const filter = session.random.below(2) === 0 ? everything : drawFilter(session.random);
  const { minSequence, from } = drawSince(session, seat);
  const sinceMs = session.wallMs;
  const request = { collection: session.collection.name, filter: filter.text, minSequence };
  const { answer, error } = await seat.client.call(
    seat.coordinator,
    DocumentsService.countDocuments,
    request,
    drawMs(session),
  );
  session.note('count', 1, error);
  // Without a position to wait for, shards may be behind.
  if (answer === null || session.isElsewhere(answer.uid) || minSequence === undefined) return;
  const { least, most } = session.bounds(filter, from, sinceMs);
  const counted = Number(answer.documents);
  if (counted < least || counted > most)
    session.fail(`a count of '${filter.text}' since ${from} is ${counted}, not ${least} to ${most}`);
}

/** All documents, perhaps of those that match a filter. */
export async function scroll(session: Session, seat: Seat): Promise<void> {
  const filter = session.random.below(2) === 0 ? everything : drawFilter(session.random);
  const { minSequence, from } = drawSince(session, seat);
  const sinceMs = session.wallMs;
  const request = {
    collection: session.collection.name,
    withVectors: false,
    batch: 1 + session.random.below(50),
    filter: filter.text,
    afterId: '',
    minSequence,
  };
  const { answer, error } = await seat.client.read(seat.coordinator, DocumentsService.scroll, request, drawMs(session));
  session.note('scroll', 1, error);
  if (answer === null || answer.some(({ uid }) => session.isElsewhere(uid))) return;
  if (answer.length === 0 && session.isAlias) return;
  const seen = new Set<string>();
  let last = '';
  for (const { docId, document } of answer.flatMap(({ documents }) => documents)) {
    const id = document?.id ?? '';
    if (seen.size > 0 && Buffer.compare(Buffer.from(last), Buffer.from(id)) >= 0)
      return session.fail(`a scroll shows '${id}' after '${last}'`);
    seen.add(id);
    last = id;
    const version = session.checkAllowed('a scroll', { id, docId }, from, sinceMs);
    if (version === null) return;
    checkDocument(session, 'a scroll', version, document);
    if (!filter.matches(version.attributes)) session.fail(`a scroll of '${filter.text}' shows '${id}'`);
  }
  checkComplete(session, { filter, from, sinceMs, seen });
}

function checkComplete(
  session: Session,
  {
    filter,
    from,
    sinceMs,
    seen,
  }: { filter: typeof everything; from: bigint; sinceMs: number; seen: ReadonlySet<string> },
): void {
  for (const id of session.oracle.ids()) {
    if (seen.has(id)) continue;
    const states = session.statesOf(id, from, sinceMs);
    const isThere = states.every((state) => state !== null && filter.matches(state.attributes));
    if (isThere) session.fail(`a scroll of '${filter.text}' since ${from} lacks '${id}'`);
  }
}

/** What was read is what was written, and nothing of another version. */
export function checkDocument(session: Session, what: string, version: Version, document: Document | undefined): void {
  if (document === undefined) return session.fail(`${what} has no document`);
  const token = tokenOf(document.text ?? '');
  if (document.id !== version.id || token !== version.token)
    session.fail(`${what} shows '${document.id}' ${version.docId} with text ${token}, not ${version.token}`);
  if (!isEqualAttributes(attributesFrom(document.attributes), version.attributes))
    session.fail(`${what} shows '${version.id}' ${version.docId} with other attributes than were written`);
}
