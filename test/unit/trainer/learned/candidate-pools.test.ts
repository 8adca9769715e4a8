import assert from 'node:assert/strict';
import { candidatePools, withoutSelf } from '../../../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(1_000, 20);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const parameters = startingParameters(structure, { hasAdapter: true, hasBiases: true });
const numbers = Uint32Array.of(4, 2);
const pools = (choose = withoutSelf(null), own = parameters) =>
  candidatePools(taught, { rows: queries }, numbers, { parameters: own, width: 30, choose });

describe('candidate pools', () => {
  it('are what the present parameters find, with what of their scores is not learned', () => {
    for (const [i, { rows, constants }] of pools().entries()) {
      assert.equal(rows.length, 30);
      const query = queries.subarray(numbers[i]! * dim, (numbers[i]! + 1) * dim);
      const list = taught.documents.lists[rows[3]!]!;
      const base = structure.codebook.bases.subarray(list * dim, (list + 1) * dim);
      const product = query.reduce((sum, value, j) => sum + value * base[j]!, 0);
      assert.ok(Math.abs(constants[3]! - product - taught.documents.shifts[rows[3]!]!) < 1e-5);
    }
  });

  it('change with the parameters', () => {
    const words = parameters.words.map((value) => -value);
    assert.notDeepEqual(pools(withoutSelf(null), { ...parameters, words })[0]!.rows, pools()[0]!.rows);
  });

  it('hold what was chosen: not the document that a query was made of', () => {
    const [first] = pools();
    const selves = new Uint32Array(20).fill(first!.rows[0]!);
    assert.deepEqual(pools(withoutSelf(selves))[0]!.rows, first!.rows.subarray(1));
  });
});
