/** The types that an attribute can be declared with, as commands and settings spell them. */

export const attributeTypeNames = [
  'string',
  'int64',
  'double',
  'bool',
  'timestamp',
  'string[]',
  'int64[]',
  'double[]',
  'bool[]',
  'timestamp[]',
] as const;

export type AttributeTypeName = (typeof attributeTypeNames)[number];

/** Whether `text` names a type. */
export function isAttributeTypeName(text: string): text is AttributeTypeName {
  return attributeTypeNames.some((name) => name === text);
}
