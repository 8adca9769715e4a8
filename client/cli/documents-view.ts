/** Documents and hits as people and programs read them. */
import { attributesToJson } from './import/attribute-values.js';
import { documentToJson } from './import/document-json.js';
import type { Attributes } from '../../proto/attributes.js';
import type { Hit, SearchAnswer, StoredDocument } from '../sdk/types.js';

/** A stored document for --json. */
export function storedJson(document: StoredDocument): Record<string, unknown> {
  const { _id: id, ...fields } = documentToJson(document);
  return { id, docId: document.docId, ...fields };
}

/** A search's answer for --json; `explanation`, and `matches` and `shard` of hits, only where they were asked for. */
export function answerJson(answer: SearchAnswer): Record<string, unknown> {
  const { hits, explanation, ...rest } = answer;
  return {
    hits: hits.map((hit) => hitJson(hit, explanation !== null)),
    ...rest,
    ...(explanation === null ? {} : { explanation }),
  };
}

/** "pos=noun  lemmas=cobbler,shoemaker". */
export function attributesLine(attributes: Attributes): string {
  return Object.entries(attributesToJson(attributes))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join('  ');
}

function hitJson(hit: Hit, explained: boolean): Record<string, unknown> {
  const { shard, matches, attributes, ...fields } = hit;
  return {
    ...fields,
    attributes: attributesToJson(attributes),
    ...(explained ? { shard, matches } : {}),
  };
}
