/** Writes that depend on a condition, and what must hold of the verdicts on them, first and repeated. */
import { DocumentsService, type WriteCondition, type WriteResult } from '../../proto/generated/shoal/v1/documents.js';
import type { Asked, ConditionalRequest } from './conditional-request.js';
import { documentOf } from './content.js';
import { incarnation, type Session } from './session.js';
import type { Version } from './version.js';
import { drawContent, drawMs, type Seat } from './writes.js';

/** Requests that somebody may yet repeat. */
const repeatedMax = 24;

/**
 * Writes that depend on a condition; what is unclear or merely doubted is asked again with the same write id, at once or, as by a
 * program that was started again, much later and at another coordinator.
 */
export async function conditionalUpsert(session: Session, seat: Seat, ids: readonly string[]): Promise<void> {
  const { conditionals, random } = session;
  if (conditionals.length > 0 && random.below(3) === 0)
    await ask(session, seat, conditionals[random.below(conditionals.length)]!);
  const asked = ids.map((id): Asked => {
    const content = drawContent(session, id, 3);
    return { content, condition: drawCondition(session, session.oracle.now(id)) };
  });
  const writeId = session.nextWriteId();
  const request = { asked, writeId, since: session.oracle.lastSequence, attempts: 0, first: null };
  conditionals.push(request);
  if (conditionals.length > repeatedMax) conditionals.shift();
  const attempts = 1 + random.below(3);
  for (let attempt = 0; attempt < attempts; attempt += 1) await ask(session, seat, request);
}

async function ask(session: Session, seat: Seat, request: ConditionalRequest): Promise<void> {
  const { asked, writeId, since } = request;
  const { coordinator } = seat;
  request.attempts += 1;
  // What has no condition is written at every attempt.
  if (request.attempts > 1) for (const each of asked) if (!isConditional(each)) session.intents.write(each.content);
  const before = incarnation(coordinator);
  const sent = {
    collection: session.collection.name,
    documents: asked.map(({ content }) => documentOf(content)),
    conditions: asked.map(({ condition }) => condition),
    writeId,
  };
  const { answer, error } = await seat.client.call(coordinator, DocumentsService.upsert, sent, drawMs(session));
  session.note('conditional', asked.length, error);
  if (answer === null || session.isElsewhere(answer.uid)) return;
  for (const [at, result] of answer.results.entries())
    checkVerdict(session, asked[at]!, result, { writeId, since, sequence: answer.sequence });
  session.acknowledge(coordinator, before, answer.sequence);
  if (request.first !== null && session.oracle.isCertain(writeId))
    checkSame(session, asked, request.first, answer.results);
  if (request.first !== null || !answer.results.every(isClear)) return;
  request.first = answer.results;
  for (const each of asked) if (isConditional(each)) session.intents.answered(each.content.token);
}

function isClear({ status }: WriteResult): boolean {
  return status === 0 || status === 9;
}

function drawCondition(session: Session, present: Version | null): WriteCondition {
  const { random } = session;
  const isFitting = random.below(3) > 0;
  if (random.below(8) === 0) return {};
  if (present === null || !isFitting) {
    if (random.below(2) === 0) return { ifAbsent: true };
    return { ifDocId: (present?.docId ?? 4096n) - (isFitting ? 0n : 1n) };
  }
  return { ifDocId: present.docId };
}

function checkVerdict(
  session: Session,
  each: Asked,
  result: WriteResult,
  about: { readonly writeId: string; readonly since: bigint; readonly sequence: bigint },
): void {
  const { content, condition } = each;
  const { id } = content;
  const what = `the verdict on '${id}' (${about.writeId})`;
  const verdict = session.oracle.decision(about.writeId)?.verdicts.get(id);
  if (result.status === 0) {
    const version = session.oracle.version(result.docId);
    if (version?.id !== id || version.token !== content.token)
      return session.fail(`${what} names ${result.docId}, which is no such version`);
    session.acknowledgeVersion(version, about.sequence);
    if (isConditional(each) && session.oracle.isCertain(about.writeId) && verdict?.docId !== result.docId)
      session.fail(`${what} is accepted as ${result.docId}; by the log it is ${verdict?.kind} ${verdict?.docId}`);
  } else if (result.status === 9 && isConditional(each)) {
    if (session.oracle.isInDoubt(id) || !session.oracle.isCertain(about.writeId)) return;
    if (verdict?.kind !== 'refused' && verdict !== undefined)
      session.fail(`${what} is refused (${result.message}); by the log it is ${verdict.kind}`);
    // Refused without having been asked in the log: then the condition must have failed at some time.
    if (verdict === undefined && !couldFail(session, id, condition, about.since))
      session.fail(`${what} is refused (${result.message}), and its condition held all the time`);
  } else if (result.message.includes('not known any more') && !session.oracle.mayHaveForgotten) {
    session.fail(`${what} is forgotten, and no directory lost anything: ${result.message}`);
  } else if (![1, 4, 8, 9, 10, 14].includes(result.status)) {
    session.fail(`${what} is status ${result.status}: ${result.message}`);
  }
}

function couldFail(session: Session, id: string, condition: WriteCondition, since: bigint): boolean {
  const states = session.oracle.between(id, since, session.oracle.lastSequence);
  return states.some((state) => (condition.ifAbsent === true ? state !== null : state?.docId !== condition.ifDocId));
}

function isConditional({ condition }: Asked): boolean {
  return condition.ifDocId !== undefined || condition.ifAbsent === true;
}

function checkSame(
  session: Session,
  asked: readonly Asked[],
  first: readonly WriteResult[],
  again: readonly WriteResult[],
): void {
  for (const [at, { id, status, docId }] of first.entries()) {
    const repeated = again[at]!;
    const isSame = repeated.status === status && (status !== 0 || repeated.docId === docId);
    if (isConditional(asked[at]!) && isClear(repeated) && !isSame && !session.oracle.isInDoubt(id))
      session.fail(
        `a repeated write of '${id}' was first ${status} ${docId}, then ${repeated.status} ${repeated.docId}`,
      );
  }
}
