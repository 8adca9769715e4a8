/** Segments of format version 2, whose rows are coded, as test/golden/index-v2 keeps them. They stay. */
import { fileURLToPath } from 'node:url';
import { assertReadable } from './coded-index.js';

const golden = fileURLToPath(new URL('index-v2', import.meta.url));

describe('format version 2 of segments', () => {
  it('is read as it was written', () => assertReadable(golden));
});
