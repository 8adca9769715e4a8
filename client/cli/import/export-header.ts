/**
 * What an export says of its collection: a line {"shoal": {…}} that `import` understands and other tools can drop. The first line has
 * all of it; a later one declares the types of attributes that the collection got while it was exported.
 */
import { ShoalError } from '../../../base/errors.js';
import { isAttributeTypeName, type AttributeTypeName } from '../../../proto/attributes.js';
import type { Collection, CollectionOptions } from '../../sdk/types.js';

const format = 1;

export interface ExportHeader {
  readonly attributes: Readonly<Record<string, AttributeTypeName>>;
  /** What the collection was created with, as far as it matters to a copy. */
  readonly options: Pick<
    CollectionOptions,
    'model' | 'dim' | 'expiresBy' | 'keepVectors' | 'targetRecall' | 'copies' | 'autoTrain' | 'tokenPooling'
  >;
}

/** The object of the first line. */
export function headerToJson(collection: Collection): Record<string, unknown> {
  const { name, model, dim, attributes, expiresBy, keepVectors, targetRecall, copies, autoTrain, tokenPooling } =
    collection;
  const expiry = expiresBy === '' ? {} : { expiresBy };
  const training = { targetRecall, copies, autoTrain };
  return {
    shoal: { format, collection: name, model, dim, keepVectors, tokenPooling, ...training, ...expiry, attributes },
  };
}

/** The object of a later line. */
export function typesToJson(attributes: Readonly<Record<string, AttributeTypeName>>): Record<string, unknown> {
  return { shoal: { format, attributes } };
}

/** The header that a line's object is; null when it is none. FAILED_PRECONDITION for a newer format, INVALID_ARGUMENT for nonsense. */
export function headerFromJson(json: Readonly<Record<string, unknown>>): ExportHeader | null {
  if (Object.keys(json).length !== 1 || !isObject(json['shoal'])) return null;
  const fields = json['shoal'];
  const found = fields['format'];
  if (typeof found !== 'number') throw malformed('it has no format');
  if (found > format) {
    const what = `the export has format ${found}, this program reads up to ${format}`;
    throw new ShoalError('FAILED_PRECONDITION', `${what}; use the newer Shoal that wrote it`);
  }
  return { attributes: typesOf(fields['attributes'] ?? {}), options: optionsOf(fields) };
}

function typesOf(json: unknown): Record<string, AttributeTypeName> {
  if (!isObject(json)) throw malformed('its attributes are no object');
  const types: [string, AttributeTypeName][] = Object.entries(json).map(([name, type]) => {
    if (typeof type === 'string' && isAttributeTypeName(type)) return [name, type];
    throw malformed(`attribute ${name} has the unknown type ${JSON.stringify(type)}`);
  });
  return Object.fromEntries(types);
}

function optionsOf(fields: Readonly<Record<string, unknown>>): ExportHeader['options'] {
  const { model, dim, expiresBy, keepVectors, targetRecall, copies, autoTrain, tokenPooling } = fields;
  return {
    ...(typeof model === 'string' ? { model } : {}),
    ...(model === 'none' && typeof dim === 'number' ? { dim } : {}),
    ...(typeof expiresBy === 'string' ? { expiresBy } : {}),
    ...(typeof keepVectors === 'boolean' ? { keepVectors } : {}),
    ...(typeof targetRecall === 'number' ? { targetRecall } : {}),
    ...(typeof copies === 'number' ? { copies } : {}),
    ...(typeof autoTrain === 'boolean' ? { autoTrain } : {}),
    ...(typeof tokenPooling === 'number' ? { tokenPooling } : {}),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(why: string): ShoalError {
  return new ShoalError(
    'INVALID_ARGUMENT',
    `the line is a header of an export, but ${why}; export again, or leave it out`,
  );
}
