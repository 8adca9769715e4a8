/**
 * ListNet (Cao et al., ICML 2007; Distill-VQ, Xiao et al., SIGIR 2022): the cross-entropy of the student's softmax over documents
 * against the teacher's, both at one temperature.
 *
 *   L = −(1/B) Σ_b Σ_j p_bj · log softmax_j(s_b / τ),   p_b = softmax(t_b / τ);   ∂L/∂s_bj = (softmax_j(s_b / τ) − p_bj) / (B τ)
 *
 * In log-sum-exp form throughout: a document that the student scores far too low keeps its gradient.
 */
import { assert } from '../../base/assert.js';

export interface ScoreBatch {
  /** float64[queries, width] each: what the student and the teacher say of each query's documents; −Infinity of the teacher = no document. */
  readonly student: Float64Array;
  readonly teacher: Float64Array;
  /** Documents of a query, at most. */
  readonly width: number;
}

/** The loss, mean over queries; its gradient is written to `gradient` float64[queries, width]. */
export function listNet(batch: ScoreBatch, temperature: number, gradient: Float64Array): number {
  const { student, teacher, width } = batch;
  assert(student.length === teacher.length && gradient.length === student.length, 'there is a place for every score');
  const queries = student.length / width;
  let loss = 0;
  for (let from = 0; from < student.length; from += width) {
    const [own, theirs] = [
      logSum(student, teacher, from, { width, temperature }),
      logSum(teacher, teacher, from, { width, temperature }),
    ];
    for (let j = from; j < from + width; j++) {
      if (teacher[j] === -Infinity) {
        gradient[j] = 0;
        continue;
      }
      const wanted = Math.exp(teacher[j]! / temperature - theirs);
      const logShare = student[j]! / temperature - own;
      loss -= wanted * logShare;
      gradient[j] = (Math.exp(logShare) - wanted) / (queries * temperature);
    }
  }
  return loss / queries;
}

/** log Σ exp(scores / τ) over the documents that are there. */
function logSum(
  scores: Float64Array,
  present: Float64Array,
  from: number,
  { width, temperature }: { readonly width: number; readonly temperature: number },
): number {
  let largest = -Infinity;
  for (let j = from; j < from + width; j++) {
    if (present[j] !== -Infinity && scores[j]! > largest) largest = scores[j]!;
  }
  let sum = 0;
  for (let j = from; j < from + width; j++) {
    if (present[j] !== -Infinity) sum += Math.exp((scores[j]! - largest) / temperature);
  }
  return largest / temperature + Math.log(sum);
}
