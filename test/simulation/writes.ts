/** What clients write, and what must hold of each answer at once. */
import type { ShoalError } from '../../base/errors.js';
import {
  DocumentsService,
  type DeleteDocumentsResponse,
  type RejectedDocument,
  type UpsertResponse,
  type WriteResult,
} from '../../proto/generated/shoal/v1/documents.js';
import { mayHaveHappened, type SimClient } from './client.js';
import { attributesToWire, documentOf, drawAttributes, drawFilter, drawVector, tags, type Content } from './content.js';
import { changed } from './intents.js';
import type { Machine } from './machine.js';
import type { Version } from './version.js';
import { incarnation, type Session } from './session.js';

/** One client at one coordinator. */
export interface Seat {
  readonly client: SimClient;
  readonly coordinator: Machine;
}

export function drawContent(session: Session, id: string, passagesMax: number, until = session.drawUntil()): Content {
  const { random, intents } = session;
  const count = passagesMax > 1 && random.below(4) < session.passages ? 1 + random.below(passagesMax) : 1;
  const vectors = Array.from({ length: count }, () => drawVector(random));
  const content = {
    id,
    token: intents.nextToken(),
    attributes: { ...drawAttributes(random), ...until },
    vectors,
  };
  intents.write(content);
  return content;
}

/** Documents without conditions, at once. All expire `expireMs` from now; unless that is said, each as drawn. */
export async function upsert(
  session: Session,
  { client, coordinator }: Seat,
  ids: readonly string[],
  expireMs?: number,
): Promise<void> {
  const until = expireMs === undefined ? undefined : session.untilAfter(expireMs);
  const contents = ids.map((id) => drawContent(session, id, 3, until));
  const collection = session.collection.name;
  const before = incarnation(coordinator);
  const documents = contents.map(documentOf);
  const request = { collection, documents, conditions: [], writeId: '' };
  const { answer, error } = await client.call(coordinator, DocumentsService.upsert, request, drawMs(session));
  session.note('upsert', contents.length, error);
  if (answer === null || session.isElsewhere(answer.uid)) return;
  for (const [at, result] of answer.results.entries()) checkWritten(session, contents[at]!, result, answer);
  session.acknowledge(coordinator, before, answer.sequence);
}

/** The stream that skips what is stored already: half of it is written again as it is. */
export async function importDocuments(session: Session, { client, coordinator }: Seat, count: number): Promise<void> {
  const { random } = session;
  const contents = session.drawIds(count).map((id) => {
    const present = session.oracle.now(id);
    const same = present === null ? null : session.intents.content(present.token);
    if (same === null || random.below(2) === 0) return drawContent(session, id, 1);
    session.intents.write(same);
    return same;
  });
  const collection = session.collection.name;
  const before = incarnation(coordinator);
  const cut = random.below(contents.length + 1);
  const requests = [contents.slice(0, cut), contents.slice(cut)].map((part) => ({
    collection,
    documents: part.map(documentOf),
  }));
  const { answer, error } = await client.send(coordinator, DocumentsService.import, requests, drawMs(session));
  session.note('import', contents.length, error);
  if (answer === null || session.isElsewhere(answer.uid)) return;
  // What was rejected for want of time may still be written.
  const unclear = new Set(answer.rejects.filter(isUnclear).map(({ position }) => Number(position)));
  contents.forEach(({ token }, at) => (unclear.has(at) ? undefined : session.intents.answered(token)));
  if (Number(answer.written + answer.unchanged + answer.rejected) !== contents.length)
    session.fail(`an import of ${contents.length} says ${JSON.stringify(answer, asText)}`);
  if (answer.rejected > 0n)
    return checkRejects(
      session,
      answer.rejects.flatMap(({ result }) => result ?? []),
    );
  for (const { id, token } of contents) {
    const seen = session.oracle.between(id, 0n, session.oracle.lastSequence);
    if (!seen.some((version) => version?.token === token))
      session.fail(`an import says that '${id}' is stored with text ${token}, and it never was`);
  }
  session.acknowledge(coordinator, before, answer.sequence);
}

/** Statuses of a write that may have happened, may yet happen, or may be asked again. */
const unclearStatuses = [1, 4, 8, 9, 10, 14];

function isUnclear({ result }: RejectedDocument): boolean {
  return result !== undefined && unclearStatuses.includes(result.status);
}

function checkRejects(session: Session, results: readonly WriteResult[]): void {
  for (const { status, message, id } of results) {
    if (status === 3 || status === 13) session.fail(`an import rejects '${id}' with ${status}: ${message}`);
  }
}

/** Nothing but what the log has on disk is acknowledged, and it is what was asked for. */
function checkWritten(session: Session, content: Content, result: WriteResult, answer: UpsertResponse): void {
  const { id, token } = content;
  const what = `the answer to a write of '${id}' (text ${token})`;
  if (result.id !== id) return session.fail(`${what} is for '${result.id}'`);
  if (result.status !== 0) {
    if (!unclearStatuses.includes(result.status)) session.fail(`${what} is status ${result.status}: ${result.message}`);
    return;
  }
  session.intents.answered(token);
  const version = session.oracle.version(result.docId);
  if (version?.id !== id) return session.fail(`${what} names ${result.docId}, which the log does not have`);
  session.acknowledgeVersion(version, answer.sequence);
  if (version.token !== token) session.fail(`${what} names ${result.docId}, which is another text`);
  if (answer.sequence < result.docId / 4096n)
    session.fail(`${what} has sequence ${answer.sequence}, smaller than ${result.docId / 4096n}`);
}

/** Deletes `ids`, whether they are there or not. */
export async function deleteIds(
  session: Session,
  { client, coordinator }: Seat,
  ids: readonly string[],
): Promise<void> {
  const intent = session.intents.delete({ ids: new Set(ids), filter: null });
  const writeId = session.nextWriteId();
  const before = incarnation(coordinator);
  const request = { collection: session.collection.name, ids: [...ids], filter: '', conditions: [], writeId };
  const { answer, error } = await client.call(coordinator, DocumentsService.deleteDocuments, request, drawMs(session));
  session.note('delete', ids.length, error);
  if (error !== null && !mayHaveHappened(error)) intent.isOpen = false;
  if (answer === null || session.isElsewhere(answer.uid)) return;
  intent.isOpen = false;
  checkDeleted(session, writeId, answer);
  session.acknowledge(coordinator, before, answer.sequence);
}

function checkDeleted(session: Session, writeId: string, answer: DeleteDocumentsResponse): void {
  const decision = session.oracle.decision(writeId);
  if (decision === null) return session.fail(`a delete (${writeId}) was answered, and the log has no such record`);
  const applied = [...decision.verdicts.values()].filter(({ kind }) => kind === 'applied').length;
  const isCertain = session.oracle.isCertain(writeId);
  if (isCertain && BigInt(applied) !== answer.deleted)
    session.fail(`a delete (${writeId}) says ${answer.deleted}; by the log it is ${applied}`);
  if (answer.sequence < decision.sequence)
    session.fail(`a delete (${writeId}) says sequence ${answer.sequence}; its record is ${decision.sequence}`);
}

/** Deletes what matches a filter. */
export async function deleteMatching(session: Session, { client, coordinator }: Seat): Promise<void> {
  const filter = drawFilter(session.random);
  const matches = (of: Version['attributes']): boolean => filter.matches(of) && of['n'] === 3n;
  const both = { text: `(${filter.text}) && n == 3`, matches };
  const intent = session.intents.delete({ ids: null, filter: both });
  const before = incarnation(coordinator);
  const from = session.floorOf(coordinator);
  const sinceMs = session.wallMs;
  const certain = [...session.oracle.ids()].flatMap((id) => {
    const states = session.statesOf(id, from, sinceMs);
    const [only] = states;
    return states.length === 1 && only !== undefined && only !== null && both.matches(only.attributes) ? [only] : [];
  });
  const request = { collection: session.collection.name, ids: [], filter: both.text, conditions: [], writeId: '' };
  const { answer, error } = await client.call(coordinator, DocumentsService.deleteDocuments, request, drawMs(session));
  session.note('delete-by-filter', 1, error);
  if (answer === null || session.isElsewhere(answer.uid)) return;
  intent.isOpen = false;
  for (const version of certain) {
    if (session.oracle.now(version.id) === version && !session.mayBeExpired(version))
      session.fail(`a delete of all with ${both.text} was answered, and left '${version.id}' (${version.docId})`);
  }
  session.acknowledge(coordinator, before, answer.sequence);
}

/** Changes attributes of one document. */
export async function setAttributes(session: Session, { client, coordinator }: Seat): Promise<void> {
  const id = session.drawId();
  const { random } = session;
  const drawn = random.below(2) === 0 ? { n: BigInt(random.below(10)) } : { tag: tags[random.below(tags.length)]! };
  const set = { ...drawn, ...session.drawUntil() };
  const removed = random.below(3) === 0 ? ['flag'] : [];
  const intent = session.intents.set({ id, set, removed });
  const before = incarnation(coordinator);
  const from = session.floorOf(coordinator);
  const sinceMs = session.wallMs;
  const request = { collection: session.collection.name, id, attributes: attributesToWire(set), remove: removed };
  const { answer, error } = await client.call(coordinator, DocumentsService.setAttributes, request, drawMs(session));
  session.note('set', 1, error?.code === 'NOT_FOUND' ? null : error);
  if (answer !== null && session.isElsewhere(answer.uid)) return;
  if (answer === null) return checkMissing(session, id, error, { from, sinceMs });
  intent.isOpen = false;
  const version = session.oracle.version(answer.docId);
  if (version?.id !== id) return session.fail(`a set of '${id}' names ${answer.docId}, which the log does not have`);
  const was = session.oracle.before(version);
  const { attributes } = version;
  if (session.oracle.isInDoubt(id)) return;
  const wanted = was === null ? null : JSON.stringify(sorted(changed(was.attributes, set, removed)), asText);
  if (wanted !== JSON.stringify(sorted(attributes), asText))
    session.fail(`a set of '${id}' made ${JSON.stringify(attributes, asText)}, not ${wanted}`);
  session.acknowledgeVersion(version, answer.sequence);
  session.acknowledge(coordinator, before, answer.sequence);
}

function checkMissing(
  session: Session,
  id: string,
  error: ShoalError,
  { from, sinceMs }: { readonly from: bigint; readonly sinceMs: number },
): void {
  if (error.code !== 'NOT_FOUND') return;
  const states = session.statesOf(id, from, sinceMs);
  if (!states.includes(null)) session.fail(`a set says that '${id}' does not exist, and it did all the time`);
}

function sorted(attributes: object): [string, unknown][] {
  return Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
}

function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Now and then a client gives up soon. */
export function drawMs(session: Session): number {
  return session.random.below(10) === 0 ? 5 + session.random.below(100) : 6_000;
}
