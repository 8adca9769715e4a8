/** What clients search for, and what must hold of each answer: exactly what brute force over the model finds. */
import { bufferOf } from '../../base/bytes.js';
import {
  SearchMode,
  SearchRequest,
  SearchService,
  type Hit,
  type SearchResponse,
} from '../../proto/generated/shoal/v1/search.js';
import { attributesFrom, dot, drawFilter, drawVector, everything, isEqualAttributes, tokenOf } from './content.js';
import type { DrawnFilter } from './content.js';
import type { Version } from './version.js';
import type { Session } from './session.js';
import { drawMs, type Seat } from './writes.js';

/** A question as the model answers it. */
export interface Question {
  readonly vector: Float32Array;
  readonly filter: DrawnFilter;
  readonly k: number;
  /** What was written up to here must show; what is newer may. */
  readonly from: bigint;
  /** Nothing but brute force's answer over what was written up to `from` will do. */
  readonly mustBeComplete: boolean;
  /** When the processes began that were there when it was asked. */
  readonly starts: ReadonlyMap<string, number>;
}

/** One search, by a vector; `isBound` asks for everything that was acknowledged. */
export async function search(session: Session, seat: Seat, isBound = session.random.below(3) > 0): Promise<void> {
  const { random } = session;
  const from = isBound ? session.acknowledged : 0n;
  const filter = random.below(3) === 0 ? drawFilter(random) : everything;
  const question = {
    vector: drawVector(random),
    filter,
    k: 1 + random.below(20),
    from,
    mustBeComplete: isBound,
    starts: session.starts(),
  };
  const request = SearchRequest.fromPartial({
    collection: session.collection.name,
    vector: bufferOf(question.vector),
    k: question.k,
    mode: SearchMode.SEARCH_MODE_DENSE,
    filter: filter.text,
    candidates: 200,
    exact: random.below(2) === 0,
    ...(isBound ? { minSequence: from, minSequenceUid: session.collection.uid } : {}),
  });
  const { answer, error } = await seat.client.call(seat.coordinator, SearchService.search, request, drawMs(session));
  session.note('search', 1, error);
  if (answer !== null && !session.isElsewhere(answer.uid)) checkAnswer(session, question, answer);
}

/** Every hit is true; and where the answer says that it saw everything, nothing better is missing. */
export function checkAnswer(session: Session, question: Question, answer: SearchResponse): void {
  const { hits, coverage } = answer;
  const seen = new Set<string>();
  let last = Infinity;
  for (const hit of hits) {
    if (seen.has(hit.id)) return session.fail(`a search shows '${hit.id}' twice`);
    seen.add(hit.id);
    checkHit(session, question, hit, coverage?.full === true);
    const score = hit.scores?.dense ?? NaN;
    if (!(score <= last)) session.fail(`a search shows '${hit.id}' with ${score} after ${last}`);
    last = score;
  }
  if (hits.length > question.k) session.fail(`a search for ${question.k} shows ${hits.length}`);
  const worst = hits.length < question.k ? -Infinity : last;
  if (coverage?.full !== true) return;
  if (question.mustBeComplete) checkNothingBetter(session, question, { seen, worst });
  else if (!coverage.behind) checkNothingOld(session, question, { seen, worst });
}

function checkHit(session: Session, { vector, filter, from }: Question, hit: Hit, sawEverything: boolean): void {
  const version = session.checkAllowed('a search', hit.id, hit.docId, from);
  if (version === null) return;
  const what = `a search shows '${hit.id}' ${hit.docId}`;
  if (tokenOf(hit.text) !== version.token) session.fail(`${what} with '${hit.text}', not text ${version.token}`);
  if (!isEqualAttributes(attributesFrom(hit.attributes), version.attributes))
    session.fail(`${what} with other attributes than were written`);
  if (!filter.matches(version.attributes)) session.fail(`${what} for '${filter.text}', which it does not match`);
  const scores = scoresOf(session, version, vector);
  const isBest = hit.scores?.dense === Math.max(...scores);
  // Further passages may be missing of what need not show yet or is being replaced, and those in a shard that did not answer.
  const isReplaced = session.oracle.between(hit.id, from, session.oracle.lastSequence).length > 1;
  const isSettled = sawEverything && isWhole(version, from) && !isReplaced;
  const isAny = !isSettled && scores.includes(hit.scores?.dense ?? NaN);
  if (!isBest && !isAny)
    session.fail(
      `${what} with ${hit.scores?.dense}; its passages score ${scores.join(', ')}; it is ${describe(session, version)}, asked since ${from}`,
    );
}

function checkNothingBetter(
  session: Session,
  { vector, filter, from }: Question,
  found: { readonly seen: ReadonlySet<string>; readonly worst: number },
): void {
  for (const id of session.oracle.ids()) {
    if (found.seen.has(id)) continue;
    const states = session.oracle.between(id, from, session.oracle.lastSequence);
    const [state] = states;
    // What is written at this moment may have left one shard and not have come to another.
    if (states.length > 1 || state === undefined || state === null || !filter.matches(state.attributes)) continue;
    const scores = scoresOf(session, state, vector);
    const least = isWhole(state, from) ? Math.max(...scores) : scores[0]!;
    if (least > found.worst)
      return session.fail(
        `a full search of '${filter.text}' since ${from} lacks '${id}' with ${least}, better than ${found.worst}; ` +
          `it was ${describe(session, state)}`,
      );
  }
}

/** A replica that was started later and is not behind has applied what was acknowledged before. */
function checkNothingOld(
  session: Session,
  { vector, filter, starts }: Question,
  found: { readonly seen: ReadonlySet<string>; readonly worst: number },
): void {
  for (const id of session.oracle.ids()) {
    if (found.seen.has(id)) continue;
    const version = session.oracle.now(id);
    if (version === null || version.subject === null || !filter.matches(version.attributes)) continue;
    if (version.acknowledgedMs >= session.startedMs(version.subject, starts)) continue;
    const score = scoresOf(session, version, vector)[0]!;
    if (score > found.worst)
      return session.fail(
        `a search of ready replicas lacks '${id}' with ${score}, better than ${found.worst}; ` +
          `it was ${describe(session, version)}, on ${version.subject}`,
      );
  }
}

function describe(session: Session, version: Version): string {
  const passages = session.intents.content(version.token)?.vectors.length;
  const told = version.acknowledgedMs === Infinity ? 'never' : `at ${version.acknowledgedMs.toFixed(2)}`;
  return `${version.docId} (record ${version.docId / 4096n}, text ${version.token}, ${passages} passages, acknowledged ${told})`;
}

/** Whether all passages must show in a search since `from`. */
function isWhole({ acknowledgedMs, acknowledgedAt }: Version, from: bigint): boolean {
  return acknowledgedMs < Infinity && acknowledgedAt <= from;
}

function scoresOf(session: Session, { token }: Version, vector: Float32Array): number[] {
  return (session.intents.content(token)?.vectors ?? []).map((passage) => dot(passage, vector));
}
