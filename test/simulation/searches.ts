/** What clients search for, and what must hold of each answer: exactly what brute force over the model finds. */
import { bufferOf } from '../../base/bytes.js';
import {
  SearchMode,
  SearchRequest,
  SearchService,
  type Coverage,
  type Hit,
  type SearchResponse,
} from '../../proto/generated/shoal/v1/search.js';
import {
  attributesFrom,
  dot,
  drawFilter,
  drawVector,
  everything,
  isEqualAttributes,
  nearestLists,
  tokenOf,
} from './content.js';
import type { DrawnFilter } from './content.js';
import { trainedListsMax } from './sim/training.js';
import type { Version } from './version.js';
import type { Session } from './session.js';
import { drawMs, type Seat } from './writes.js';

/** A question as the model answers it. */
export interface Question {
  /** Null where it is not known which of several it was. */
  readonly vector: Float32Array | null;
  readonly filter: DrawnFilter;
  readonly k: number;
  /** Lists to be probed; 0 = all. */
  readonly nprobe: number;
  /** Whether every score is to be computed, whatever codes say. */
  readonly isExact: boolean;
  /** The document that it is asked by, which is no hit. */
  readonly like: string | null;
  /** What was written up to here must show; what is newer may. */
  readonly from: bigint;
  /** Wall time at which it was asked. */
  readonly sinceMs: number;
  /** Nothing but brute force's answer over what was written up to `from` will do. */
  readonly mustBeComplete: boolean;
  /** When the processes began that were there when it was asked. */
  readonly starts: ReadonlyMap<string, number>;
}

/** Lists that an answer has looked at. */
type Lists = ReadonlySet<number> | 'all' | 'unknown';

/** A question whose vector is known, and the lists that the answer says it has looked at. */
type Known = Question & { readonly vector: Float32Array; readonly lists: Lists };

interface Drawn {
  readonly question: Question;
  readonly request: SearchRequest;
}

/** A question about everything, as of now. */
export function questionOf(session: Session, from: bigint, k: number): Question & { readonly vector: Float32Array } {
  return {
    vector: drawVector(session.random),
    filter: everything,
    k,
    nprobe: 0,
    isExact: session.collection.isTrained,
    like: null,
    from,
    sinceMs: session.wallMs,
    mustBeComplete: true,
    starts: session.starts(),
  };
}

/** `isBound` asks for everything that was acknowledged. */
function draw(session: Session, isBound: boolean, k = drawK(session)): Drawn {
  const { random, collection } = session;
  const from = isBound ? session.acknowledged : 0n;
  const exact = random.below(3) === 0 || (collection.isTrained && random.below(2) === 0);
  const asked = {
    ...questionOf(session, from, k),
    filter: random.below(3) === 0 ? drawFilter(random) : everything,
    mustBeComplete: isBound,
  };
  const probes =
    random.below(2) === 0 ? 1 + random.below(collection.isTrained ? trainedListsMax : collection.centroids.length) : 0;
  const request = SearchRequest.fromPartial({
    collection: collection.name,
    vector: bufferOf(asked.vector),
    k: asked.k,
    mode: SearchMode.SEARCH_MODE_DENSE,
    filter: asked.filter.text,
    candidates: Math.max(200, k),
    nprobe: probes,
    exact,
    ...(isBound ? { minSequence: from, minSequenceUid: collection.uid } : {}),
  });
  return { question: { ...asked, nprobe: exact ? 0 : probes, isExact: exact }, request };
}

/** Mostly few; sometimes all that there is, so that nothing hides behind what is better. */
function drawK({ random, ids }: Session): number {
  return random.below(8) === 0 ? ids.length : 1 + random.below(20);
}

/** One search, by a vector; `isBound` asks for everything that was acknowledged. */
export async function search(
  session: Session,
  seat: Seat,
  isBound = session.random.below(3) > 0,
  k = drawK(session),
): Promise<void> {
  const { question, request } = draw(session, isBound, k);
  const { answer, error } = await seat.client.call(seat.coordinator, SearchService.search, request, drawMs(session));
  session.note('search', 1, error);
  if (answer !== null && !session.isElsewhere(answer.uid)) checkAnswer(session, question, answer);
}

/** Several searches in one call, each with an answer of its own. */
export async function searchBatch(session: Session, { client, coordinator }: Seat): Promise<void> {
  const drawn = Array.from({ length: 1 + session.random.below(12) }, () => draw(session, session.random.below(3) > 0));
  const requests = drawn.map(({ request }) => request);
  const { answer, error } = await client.call(coordinator, SearchService.searchBatch, { requests }, drawMs(session));
  session.note('search-batch', drawn.length, error);
  if (answer === null) return;
  if (answer.outcomes.length !== drawn.length)
    return session.fail(`a batch of ${drawn.length} searches has ${answer.outcomes.length} outcomes`);
  for (const [at, { status, message, response }] of answer.outcomes.entries()) {
    if (status === 13 || status === 15 || status === 2) session.fail(`a search of a batch is ${status}: ${message}`);
    if (response !== undefined && !session.isElsewhere(response.uid))
      checkAnswer(session, drawn[at]!.question, response);
  }
}

/** One search by the vector of a document. */
export async function searchLike(session: Session, { client, coordinator }: Seat): Promise<void> {
  const drawn = draw(session, true);
  const like = session.drawId();
  const from = drawn.question.from > session.floorOf(coordinator) ? drawn.question.from : session.floorOf(coordinator);
  const request = { ...drawn.request, vector: undefined, like };
  const { answer, error } = await client.call(coordinator, SearchService.search, request, drawMs(session));
  const isAbsent = error?.code === 'NOT_FOUND';
  session.note('like', 1, isAbsent ? null : error);
  if (answer === null && !isAbsent) return;
  const states = session.statesOf(like, from, drawn.question.sinceMs);
  if (answer === null && !states.includes(null))
    session.fail(`a search like '${like}' does not find it, and it was there`);
  if (answer === null || session.isElsewhere(answer.uid)) return;
  const tokens = new Set(states.flatMap((state) => state?.token ?? []));
  if (tokens.size === 0) session.fail(`a search like '${like}' is answered, and it was not there`);
  const vector = tokens.size === 1 ? session.intents.content([...tokens][0]!)!.vectors[0]! : null;
  checkAnswer(session, { ...drawn.question, vector, like }, answer);
}

/** Every hit is true; and where the answer says that it saw everything, nothing better is missing. */
export function checkAnswer(session: Session, question: Question, answer: SearchResponse): void {
  const { hits, coverage } = answer;
  if (coverage === undefined) return session.fail('a search does not say what it saw');
  checkCoverage(session, question, coverage);
  const { vector } = question;
  const known =
    vector === null ? null : { ...question, vector, lists: listsOf(session, { ...question, vector }, coverage) };
  const seen = new Set<string>();
  let last = Infinity;
  for (const hit of hits) {
    if (seen.has(hit.id)) return session.fail(`a search shows '${hit.id}' twice`);
    seen.add(hit.id);
    if (hit.id === question.like) session.fail(`a search like '${hit.id}' shows it`);
    const version = checkHit(session, question, hit);
    if (version !== null && known !== null) checkScore(session, known, { hit, version, sawEverything: coverage.full });
    const score = hit.scores?.dense ?? NaN;
    if (!(score <= last)) session.fail(`a search shows '${hit.id}' with ${score} after ${last}`);
    last = score;
  }
  if (hits.length > question.k) session.fail(`a search for ${question.k} shows ${hits.length}`);
  if (!coverage.full || known === null || known.lists === 'unknown') return;
  if (question.like !== null) seen.add(question.like);
  const worst = hits.length < question.k ? -Infinity : last;
  if (question.mustBeComplete) checkNothingBetter(session, known, { seen, worst });
  else if (!coverage.behind) checkNothingOld(session, known, { seen, worst });
}

/** Of the lists that the question asks for each was looked at or is named as missing. */
function checkCoverage(session: Session, { nprobe, filter }: Question, coverage: Coverage): void {
  const { full, listsProbed, listsTotal, listsMissing, shardsMissing, shardsTotal, shardsContacted } = coverage;
  const what = `the coverage ${JSON.stringify(coverage)} of a search in ${nprobe} lists`;
  const { isTrained, centroids } = session.collection;
  const total = isTrained ? listsTotal : centroids.length;
  const asked = listsProbed + listsMissing.length;
  // Where a filter lets too few through, all lists are looked at.
  const isFiltered = filter !== everything || session.collection.expires;
  const isAsked =
    nprobe === 0 || nprobe === total ? asked === total : asked === nprobe || (isFiltered && asked === total);
  // As many as calibration says.
  const isCalibrated = isTrained && nprobe === 0 && asked >= 1 && asked <= total;
  if (listsTotal !== total || !(isAsked || isCalibrated)) session.fail(`${what} is not of ${total} lists`);
  if (full !== (shardsMissing.length === 0) || (full && listsMissing.length > 0))
    session.fail(`${what} is full and has holes, or neither`);
  if (shardsContacted > shardsTotal) session.fail(`${what} has more shards than there are`);
}

function listsOf(
  { collection: { centroids, isTrained } }: Session,
  { nprobe, isExact, vector }: Question & { readonly vector: Float32Array },
  { listsProbed, listsMissing, listsTotal }: Coverage,
): Lists {
  const asked = listsProbed + listsMissing.length;
  // Codes may leave out what is among the best.
  if (isTrained) return isExact && asked === listsTotal ? 'all' : 'unknown';
  return nprobe === 0 || asked === centroids.length ? 'all' : new Set(nearestLists(centroids, vector, nprobe));
}

function checkHit(session: Session, { filter, from, sinceMs }: Question, hit: Hit): Version | null {
  const version = session.checkAllowed('a search', hit, from, sinceMs);
  if (version === null) return null;
  const what = `a search shows '${hit.id}' ${hit.docId}`;
  if (tokenOf(hit.text) !== version.token) session.fail(`${what} with '${hit.text}', not text ${version.token}`);
  if (!isEqualAttributes(attributesFrom(hit.attributes), version.attributes))
    session.fail(`${what} with other attributes than were written`);
  if (!filter.matches(version.attributes)) session.fail(`${what} for '${filter.text}', which it does not match`);
  return version;
}

function checkScore(
  session: Session,
  known: Known,
  { hit, version, sawEverything }: { readonly hit: Hit; readonly version: Version; readonly sawEverything: boolean },
): void {
  const { from } = known;
  const score = hit.scores?.dense ?? NaN;
  const all = scoresOf(session, version, { ...known, lists: 'all' });
  const probed = scoresOf(session, version, known).filter((each) => !Number.isNaN(each));
  const isProbed = probed.length > 0;
  const isBest = all.includes(score) && score >= Math.max(...probed);
  // Further passages may be missing of what need not show yet or is being replaced, and those in a shard that did not answer.
  const isReplaced = session.oracle.between(hit.id, from, session.oracle.lastSequence).length > 1;
  const isSettled = sawEverything && isWhole(version, from) && !isReplaced;
  const isAny = (!isSettled || known.lists === 'unknown') && all.includes(score);
  if (!isProbed || (!isBest && !isAny))
    session.fail(
      `a search shows '${hit.id}' ${hit.docId} with ${score}; its passages score ${all.join(', ')}, in the lists probed ` +
        `${probed.join(', ')}; it is ${describe(session, version)}, asked since ${from}`,
    );
}

function checkNothingBetter(
  session: Session,
  known: Known,
  found: { readonly seen: ReadonlySet<string>; readonly worst: number },
): void {
  const { filter, from, sinceMs } = known;
  for (const id of session.oracle.ids()) {
    if (found.seen.has(id)) continue;
    const states = session.statesOf(id, from, sinceMs);
    const [state] = states;
    // What is written at this moment may have left one shard and not have come to another.
    if (states.length > 1 || state === undefined || state === null || !filter.matches(state.attributes)) continue;
    const scores = scoresOf(session, state, known);
    const certain = isWhole(state, from) ? scores : scores.slice(0, 1);
    const least = Math.max(...certain.filter((score) => !Number.isNaN(score)));
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
  known: Known,
  found: { readonly seen: ReadonlySet<string>; readonly worst: number },
): void {
  for (const id of session.oracle.ids()) {
    if (found.seen.has(id)) continue;
    const version = session.oracle.now(id);
    if (version === null || version.subject === null || !known.filter.matches(version.attributes)) continue;
    if (session.mayBeExpired(version) || session.oracle.isInDoubt(id)) continue;
    if (version.acknowledgedMs >= session.startedMs(version.subject, known.starts)) continue;
    const score = scoresOf(session, version, known)[0]!;
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

/** By passage; NaN where it is in none of the lists that were looked at. */
function scoresOf(session: Session, { token }: Version, { vector, lists }: Pick<Known, 'vector' | 'lists'>): number[] {
  const { centroids } = session.collection;
  return (session.intents.content(token)?.vectors ?? []).map((passage) => {
    const isSeen = typeof lists === 'string' || lists.has(nearestLists(centroids, passage, 1)[0]!);
    return isSeen ? dot(passage, vector) : NaN;
  });
}
