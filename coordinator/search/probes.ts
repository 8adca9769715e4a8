/**
 * How many inverted lists a search probes when its caller leaves that to the collection: what the calibration of the codebook that serves says
 * for the collection's target recall, apart for short questions. Learned parameters that bring routes bring a calibration of these.
 *
 * A text of at most four terms, as the model's tokenizer counts them, is a short question: its vector lies farther from the documents, and its
 * neighbours are spread over more lists. A vector that the caller gave says nothing of its length and gets the larger number, in a collection
 * without an encoder that of half the misses that more lists would find: there nobody could ask short questions when it was trained, and what
 * was asked instead only resembles them. A question by example lies where the documents are. Where a filter narrows the documents, the ten
 * nearest that pass may be in any list, so that all are probed; and so they are where nothing was trained yet.
 *
 * Calibrations are for ten hits. More of them lie in more lists: of 1,024 lists of 117,791 glosses, 95 % of a sentence's 10, 100, 1,000 and
 * 5,000 nearest lie in the nearest 55, 97, 202 and 354 lists, those of a lemma in 169, 165, 251 and 394; never more than as the 0.3rd power.
 * Where a large part of a collection is wanted, the lists read hold several times as many documents as that.
 */
import type { ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { Codebook, CollectionSettings, ProbeRecall } from '../../proto/generated/shoal/v1/collections.js';
import { noModel } from '../encoders.js';
import type { Structures } from '../structures.js';
import type { EncodedQuestion } from './encode.js';
import type { Question } from './question.js';
import { route, type Plan } from './route.js';

/** Terms of the longest short question. */
export const shortTermsMax = 4;

/** Hits that calibrations are for, and how the lists that are needed grow with those that are wanted. */
const calibratedHits = 10;
const growth = 0.3;
const documentsPerHit = 4;

/** The plan for `question` under the structure that `map` names. Errors are those of `route`, and of a structure that cannot be read. */
export async function routeUnder(
  map: ClusterMap,
  question: Question,
  encoded: EncodedQuestion,
  structures: Structures,
): Promise<Plan> {
  // Settings and placements of one picture: the shards' lists are numbered by this structure, whatever was read before.
  const settings = map.settings.get(question.settings.uid) ?? question.settings;
  const routed = routingCodebook(settings) === null ? null : await structures.routed(settings);
  // Without its routes a calibration means nothing: then those of the structure hold.
  const known = routed === null ? { ...settings, parametersVersion: 0 } : settings;
  const nprobe = probesFor(question, encoded.termCount, known);
  const structure = nprobe === 0 ? null : (routed ?? (await structures.of(settings)));
  const { structureVersion, parametersVersion } = settings;
  return route({ ...question, nprobe }, encoded.dense, { map, structure, structureVersion, parametersVersion });
}

type CalibratedSettings = Pick<
  CollectionSettings,
  'codebooks' | 'codebookVersion' | 'parametersVersion' | 'structureVersion' | 'targetRecall' | 'model'
>;

/** Lists to probe; 0 = all. `termCount` is that of the question's text, null where nobody counted. */
export function probesFor(
  question: Pick<Question, 'nprobe' | 'exact' | 'isNarrowed' | 'like' | 'k' | 'offset'>,
  termCount: number | null,
  settings: CalibratedSettings,
): number {
  const { nprobe, exact, isNarrowed, k, offset } = question;
  if (nprobe > 0 || exact || isNarrowed) return nprobe;
  const codebook = routingCodebook(settings) ?? activeCodebook(settings);
  if (codebook === null) return 0;
  const { lists, documents } = codebook;
  const wanted = k + offset;
  const factor = Math.max(1, wanted / calibratedHits) ** growth;
  const holding = documents === 0n ? 0 : (documentsPerHit * wanted * lists) / Number(documents);
  const probes = Math.max(factor * probesOfTen(question, termCount, { ...settings, codebook }), holding);
  return Math.min(lists, Math.ceil(probes));
}

function probesOfTen(
  { like }: Pick<Question, 'like'>,
  termCount: number | null,
  {
    codebook,
    targetRecall,
    model,
  }: Pick<CollectionSettings, 'targetRecall' | 'model'> & { readonly codebook: Codebook },
): number {
  const near = calibrated(codebook.probes, targetRecall, codebook);
  const isNear = like !== null || (termCount !== null && termCount > shortTermsMax);
  // Codebooks of before had none where there is no encoder.
  if (isNear || codebook.shortProbes.length === 0) return near;
  // Half way to what all lists find, which codes decide.
  const most = codebook.shortProbes.at(-1)!.recall;
  const wanted = model === noModel ? targetRecall + Math.max(0, most - targetRecall) / 2 : targetRecall;
  return Math.max(near, calibrated(codebook.shortProbes, wanted, codebook));
}

/** The codebook that serves; null before the first training. */
export function activeCodebook({
  codebooks,
  codebookVersion,
  structureVersion,
}: Pick<CollectionSettings, 'codebooks' | 'codebookVersion' | 'structureVersion'>): Codebook | null {
  const active = codebooks.find(({ version }) => version === codebookVersion);
  return active !== undefined && active.structureVersion === structureVersion ? active : null;
}

/** That of the learned parameters that serve where they have routes, and so a calibration, for the lists that there are now; else null. */
export function routingCodebook({
  codebooks,
  parametersVersion,
  structureVersion,
}: Pick<CollectionSettings, 'codebooks' | 'parametersVersion' | 'structureVersion'>): Codebook | null {
  if (parametersVersion === 0) return null;
  const learned = codebooks.find(({ version }) => version === parametersVersion);
  const isOfThese = learned !== undefined && learned.structureVersion === structureVersion;
  return isOfThese && learned.probes.length > 0 ? learned : null;
}

/**
 * The fewest lists with which `targetRecall` is reached; all where none did, or where nothing was measured. Between two numbers that were
 * measured recall is taken to grow in a straight line: each further list brings less, so it is no less than that.
 */
export function calibrated(
  probes: readonly ProbeRecall[],
  targetRecall: number,
  { lists }: Pick<Codebook, 'lists'>,
): number {
  const at = probes.findIndex(({ recall }) => recall >= targetRecall);
  if (at < 0) return lists;
  const [before, enough] = [probes[at - 1], probes[at]!];
  if (before === undefined) return Math.min(lists, enough.nprobe);
  const share = (targetRecall - before.recall) / (enough.recall - before.recall);
  return Math.min(lists, Math.ceil(before.nprobe + share * (enough.nprobe - before.nprobe)));
}
