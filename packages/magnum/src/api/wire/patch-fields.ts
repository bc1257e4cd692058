import { Type } from 'typebox';
import { parseLiteral } from '../../clusters/python-literal.ts';
import { invalidField } from '../../clusters/errors.ts';
import { isRecord } from './is-record.ts';
import { labels, type Field } from './wire-fields.ts';

type Optional<T> = T | null | undefined;
type Dict = Readonly<Record<string, unknown>>;

/** A list of texts; null is none. */
export function textList(): Field<readonly string[]> {
  return {
    schema: Type.Union([Type.Array(Type.String()), Type.Null()]),
    mandatory: false,
    readOnly: false,
    read(name, value) {
      if (value === undefined || value === null) return [];
      if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string'))
        return value;
      throw invalidField(name, value, 'Value should be a list of texts.');
    },
  };
}

/** Labels as an object, or as a text that JSON or Python would write one as; an empty text is none. */
export function writtenLabels(): Field<Optional<Readonly<Record<string, string>>>> {
  const plain = labels();
  return {
    ...plain,
    schema: plain.schema && Type.Union([plain.schema, Type.String()]),
    read: (name, value) => plain.read(name, literal(name, value, {})),
  };
}

/** A list of objects, in the same forms. */
export function writtenObjects(): Field<Optional<readonly Dict[]>> {
  return {
    schema: Type.Union([Type.Array(Type.Object({})), Type.String(), Type.Null()]),
    mandatory: false,
    readOnly: false,
    read(name, value) {
      const list = literal(name, value, []);
      if (list === undefined || list === null) return list;
      if (Array.isArray(list) && list.every((item): item is Dict => isRecord(item))) return list;
      throw invalidField(name, value, 'Value should be a list of objects.');
    },
  };
}

function literal(name: string, value: unknown, empty: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.trim() === '') return empty;
  const parsed = parseLiteral(value);
  if (parsed) return parsed.value;
  throw invalidField(name, value, 'Value should be JSON, or what Python writes in its place.');
}
