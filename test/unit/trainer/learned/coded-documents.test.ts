import assert from 'node:assert/strict';
import { topK } from '../../../../kernels/kernels.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { CodeGradient } from '../../../../trainer/learned/code-gradient.js';
import { scanTablesOf, startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection();
const documents = new CodedDocuments(structure, vectors);
const query = queries.slice(0, dim);
const every = Uint32Array.from({ length: documents.count }, (_, row) => row);

describe('coded documents', () => {
  it('are found in the order that the trained score has, to the steps of the table', () => {
    const parameters = startingParameters(structure, { hasAdapter: false, hasBiases: true });
    parameters.biases![documents.lists[7]!] = 0.3;
    const scan = documents.open(scanTablesOf(parameters, structure), 50);
    const { rows, products } = scan.find(query, query);
    const constants = Float32Array.from(every, (row) => products[documents.lists[row]!]! + documents.shifts[row]!);
    const scores = new Float64Array(documents.count);
    const model = new CodeGradient(documents, parameters, { batch: 1, width: documents.count });
    model.score(parameters, { queries: query, candidates: [{ rows: every, constants }] }, scores);
    const best = topK(Float32Array.from(scores), null, 50, -Infinity);
    const shared = best.rows.filter((row) => rows.includes(row)).length;
    assert.ok(rows.length === 50 && shared >= 45, `${shared} of 50`);
    assert.ok(scores[rows[0]!]! > best.scores[2]!);
    scan.close();
  });

  it('are at the products of the query as it is with the bases, whatever the table is made of', () => {
    const { bases } = structure.codebook;
    const scan = documents.open(
      scanTablesOf(startingParameters(structure, { hasAdapter: false, hasBiases: false }), structure),
      5,
    );
    const { products } = scan.find(query, new Float32Array(dim));
    products.forEach((product, list) => {
      const expected = query.reduce((sum, value, j) => sum + value * bases[list * dim + j]!, 0);
      assert.ok(Math.abs(product - expected) < 1e-5);
    });
    scan.close();
    scan.close();
  });

  it('have the teacher score of their vectors', () => {
    const [first] = documents.teacherScores(query, Uint32Array.of(11));
    const exact = query.reduce((sum, value, j) => sum + value * vectors[11 * dim + j]!, 0);
    assert.ok(Math.abs(first! - exact) < 1e-3);
  });

  it('stop being coded when the sign says so', () => {
    assert.throws(() => new CodedDocuments(structure, vectors, { aborted: true }), { code: 'CANCELLED' });
  });
});
