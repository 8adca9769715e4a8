/** A question by example: the document that it names gives its vector, and is no hit itself. */
import { float32From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { getDocument, type ReadParts } from '../documents/read.js';
import type { Question } from './question.js';

/**
 * `question` with the vector that it is asked by. NOT_FOUND when the document does not exist, FAILED_PRECONDITION when it has no
 * vector.
 */
export async function byExample(question: Question, parts: ReadParts, deadline: Deadline): Promise<Question> {
  const { like, settings, minSequence } = question;
  if (like === null) return question;
  const options = { withVectors: true, minSequence };
  const { document } = await getDocument(like, options, settings, { ...parts, deadline });
  // Of several passages the first one stands for the document.
  const vector = document?.vector ?? document?.passages[0]?.vector;
  if (vector !== undefined && vector.length > 0)
    return { ...question, vector: float32From(vector, 'the vector of a document') };
  const what = `document '${like}' of collection '${settings.name}' has no vector`;
  throw new ShoalError('FAILED_PRECONDITION', `${what}; search by a vector or by text`);
}
