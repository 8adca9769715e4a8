import assert from 'node:assert/strict';
import {
  areFinite,
  copyOf,
  publishedParameters,
  scanTablesOf,
  startingParameters,
} from '../../../../trainer/learned/scan-parameters.js';
import { refuseOther } from '../../../../vector-index/codebook/learned-parameters.js';

const structure = {
  version: 4,
  structure: { dim: 3, centroids: new Float32Array(6).fill(1) },
  codebook: {
    ...{ dim: 3, subquantizers: 1, dsub: 4, rescale: 1, anchor: 1, words: new Float32Array(64).fill(0.5) },
    ...{ bases: new Float32Array(6).fill(2), anchors: new Float32Array(6) },
  },
};

describe('parameters of the scan', () => {
  it('begin as the structure: its words, the identity, no biases', () => {
    const { words, adapter, biases } = startingParameters(structure, { hasAdapter: true, hasBiases: true });
    assert.deepEqual([...words], Array(64).fill(0.5));
    assert.deepEqual([...adapter!], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    assert.deepEqual([...biases!], [0, 0]);
    assert.equal(startingParameters(structure, { hasAdapter: false, hasBiases: false }).adapter, null);
  });

  it('are copied so that steps do not reach the copy', () => {
    const own = startingParameters(structure, { hasAdapter: true, hasBiases: false });
    const copy = copyOf(own);
    own.adapter![0] = NaN;
    assert.equal(copy.adapter![0], 1);
    assert.equal(copy.biases, null);
    assert.deepEqual([areFinite(own), areFinite(copy)], [false, true]);
  });

  it('are published for their structure, and scanned with its bases', () => {
    const own = startingParameters(structure, { hasAdapter: false, hasBiases: true });
    own.biases![1] = 0.25;
    const published = publishedParameters(own, structure);
    assert.doesNotThrow(() => refuseOther(published, structure));
    assert.deepEqual(published.listBiases, Float32Array.of(0, 0.25));
    assert.ok(!('adapter' in published));
    assert.equal(scanTablesOf(own, structure).bases, structure.codebook.bases);
  });
});
