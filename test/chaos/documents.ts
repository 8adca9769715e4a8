/** The documents that are written under fire: each says in every part of it which version it is, so that a mixture is seen. */
import type { Document, Hit, StoredDocument } from '../../client/sdk/types.js';
import type { State } from './history.js';

/** One list for each of the first axes. */
export const lists = 6;
/** The lists' axes, then two for the number and two for the version. */
export const dim = lists + 4;
export const shards = 3;

/** float32[lists, dim]: unit vectors along the first axes. */
export function centroids(): Float32Array {
  const values = new Float32Array(lists * dim);
  for (let list = 0; list < lists; list += 1) values[list * dim + list] = 1;
  return values;
}

/** What a document is made of; numbers and versions are below 2,048. */
export interface Content {
  readonly number: number;
  readonly version: number;
  /** Changed by itself, without a new vector. */
  readonly note: number;
  /** It has a second passage, on another list. */
  readonly isTwofold: boolean;
}

const valuesMax = 2_048;
/** Share of the version in a vector, beside the number. */
const versionLength = 0.25;
/** Vectors come back as fp16. */
const tolerance = 0.002;

export function idOf(number: number): string {
  return `document-${String(number).padStart(5, '0')}`;
}

/** A word for the content of a version. */
export function stateOf({ version, note, isTwofold }: Content): string {
  return `${version}${isTwofold ? '+' : ''}/${note}`;
}

/** The content of a state of the document `number`. */
export function contentOf(number: number, state: string): Content {
  const match = /^(\d+)(\+?)\/(\d+)$/.exec(state);
  if (match === null) throw new Error(`${state} is no state`);
  return { number, version: Number(match[1]), isTwofold: match[2] === '+', note: Number(match[3]) };
}

/** A version lies on a list of its own choice, so that documents move between shards. */
export function listOf({ number, version }: Pick<Content, 'number' | 'version'>): number {
  return (number * 7 + version * 5) % lists;
}

/** The vector of the first passage. */
export function vectorOf(content: Pick<Content, 'number' | 'version'>): Float32Array {
  return vectorOn(listOf(content), content);
}

export function documentOf(content: Content): Document {
  const { number, version, note, isTwofold } = content;
  const id = idOf(number);
  const text = textOf(version);
  const attributes = { version: BigInt(version), note: BigInt(note), isTwofold };
  if (!isTwofold) return { id, text, attributes, vector: vectorOf(content) };
  const second = vectorOn((listOf(content) + 1) % lists, content);
  const passages = [
    { vector: vectorOf(content), start: 0, end: 3 },
    { vector: second, start: 3, end: 0 },
  ];
  return { id, text, attributes, passages };
}

/** The state of a stored document; '?' and what is wrong when its parts do not belong to one version. */
export function stateOfStored({ id, text, attributes, vector, passages }: StoredDocument): string {
  const number = Number(id.split('-')[1]);
  const version = Number(attributes?.['version']);
  const content = {
    number,
    version,
    note: Number(attributes?.['note']),
    isTwofold: attributes?.['isTwofold'] === true,
  };
  const first = vector ?? passages?.[0]?.vector;
  const isVector = first === undefined || isEqual(first, vectorOf(content));
  if (text === textOf(version) && isVector) return stateOf(content);
  return `?${stateOf(content)} with text ${JSON.stringify(text)} and vector ${String(first)}`;
}

/** As `stateOfStored`, of what a search gives. */
export function stateOfHit({ id, docId, text, attributes }: Hit): string {
  return stateOfStored({ id, docId, text, attributes });
}

/** A state that follows `before`. */
export function nextState(number: number, before: State, isTwofold: boolean): string {
  const version = before === null ? 1 : contentOf(number, before).version + 1;
  return stateOf({ number, version: version % valuesMax, note: 0, isTwofold });
}

function textOf(version: number): string {
  return `version ${version} `.repeat(1 + (version % 7) * 4);
}

/** All have the same length, so that a document is the nearest to its own vector. */
function vectorOn(list: number, { number, version }: Pick<Content, 'number' | 'version'>): Float32Array {
  const vector = new Float32Array(dim);
  vector[list] = 1;
  vector.set(onCircle(number, 1), lists);
  vector.set(onCircle(version, versionLength), lists + 2);
  return vector;
}

function onCircle(value: number, length: number): [number, number] {
  const angle = (2 * Math.PI * value) / valuesMax;
  return [length * Math.cos(angle), length * Math.sin(angle)];
}

function isEqual(left: Float32Array, right: Float32Array): boolean {
  return left.length === right.length && left.every((value, i) => Math.abs(value - right[i]!) <= tolerance);
}
