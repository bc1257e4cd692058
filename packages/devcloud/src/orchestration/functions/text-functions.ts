import { createHash, getHashes } from 'node:crypto';
import { valueError } from '../errors.ts';
import { isDict, pythonJson, text, type Dict } from '../values.ts';
import type { HotVersion } from '../template/versions.ts';
import type { PlainFunction } from './scope.ts';

/** Maps and lists are welcome in `list_join` and `str_replace` from this version on. */
const JSON_SINCE: HotVersion = '2015-10-15';

export const TEXT_FUNCTIONS: Readonly<Record<string, PlainFunction>> = {
  list_join: { since: '2013-05-23', run: listJoin },
  str_replace: { since: '2013-05-23', run: (args, name, version) => replace(args, name, version, 'lax') },
  str_replace_strict: {
    since: '2017-02-24',
    run: (args, name, version) => replace(args, name, version, 'strict'),
  },
  str_replace_vstrict: {
    since: '2017-09-01',
    run: (args, name, version) => replace(args, name, version, 'very'),
  },
  str_split: { since: '2015-10-15', run: strSplit },
  digest: { since: '2015-04-30', run: digest },
};

function listJoin(args: unknown, name: string, version: HotVersion): string {
  const many = version >= JSON_SINCE;
  const example = `"${name}" : [ " ", [ "str1", "str2"]${many ? ' ...' : ''}]`;
  if (!Array.isArray(args) || args.length < 2 || (!many && args.length !== 2)) {
    throw valueError(`Incorrect arguments to "${name}" should be: ${example}`);
  }
  const [delimiter, ...lists] = args as unknown[];
  if (typeof delimiter !== 'string') throw valueError(`"${name}" delimiter must be a string`);
  const items: unknown[] = [];
  for (const list of lists) {
    if (list === null || list === undefined || list === '') continue;
    if (!Array.isArray(list)) throw valueError(`"${name}" must operate on a list`);
    items.push(...(list as unknown[]));
  }
  return items.map((item) => joinable(item, many)).join(delimiter);
}

function joinable(item: unknown, many: boolean): string {
  if (item === null || item === undefined) return '';
  if (typeof item === 'string') return item;
  if (many && typeof item === 'object') return pythonJson(item, true);
  const shown = text(item).slice(0, 200);
  throw valueError(
    many
      ? `Items to join must be string, map or list not ${shown}`
      : `Items to join must be strings not ${shown}`,
  );
}

function replace(args: unknown, name: string, version: HotVersion, mode: 'lax' | 'strict' | 'very'): string {
  if (!isDict(args)) throw valueError(`Arguments to "${name}" must be a map`);
  if (!('params' in args) || !('template' in args)) {
    throw valueError(
      `"${name}" syntax should be ${name}: {template: This is var1 template var2, params: {var1: a, var2: string}}`,
    );
  }
  const { template, params } = args;
  if (typeof template !== 'string') throw valueError(`"${name}" template must be a string`);
  if (!isDict(params)) throw valueError(`"${name}" params must be a map`);
  // Longer names first, so that $host doesn't eat the beginning of $hostname; what was put in is left alone.
  const names = Object.keys(params)
    .toSorted()
    .toSorted((a, b) => b.length - a.length);
  const missing = new Set(names);
  const put = (source: string, from: number): string => {
    const placeholder = names[from];
    if (placeholder === undefined) return source;
    const value = replacement(params, placeholder, name, version, mode === 'very');
    const parts = placeholder === '' ? [source] : source.split(placeholder);
    if (parts.length > 1) missing.delete(placeholder);
    return parts.map((part) => put(part, from + 1)).join(value);
  };
  const result = put(template, 0);
  if (mode !== 'lax' && missing.size > 0) {
    throw valueError(`The following params were not found in the template: ${[...missing].join(',')}`);
  }
  return result;
}

function replacement(params: Dict, key: string, name: string, version: HotVersion, filled: boolean): string {
  const value = params[key];
  const empty =
    value === null ||
    value === undefined ||
    value === '' ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  if (empty && filled) {
    throw valueError(
      `${name} has an undefined or empty value for param ${key}, must be a defined non-empty value`,
    );
  }
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return text(value);
  if (version >= JSON_SINCE) return pythonJson(value, true);
  throw valueError(`"${name}" params must be strings or numbers, param ${key} is not valid`);
}

function strSplit(args: unknown, name: string): unknown {
  const usage = `"${name}" : [ ",", "apples,pears", <index>]`;
  if (!Array.isArray(args) || args.length < 2)
    throw valueError(`Incorrect arguments to "${name}" should be: ${usage}`);
  const [delimiter, source, index] = args as unknown[];
  if (source === null || source === undefined) return null;
  if (typeof delimiter !== 'string' || typeof source !== 'string' || delimiter === '') {
    throw valueError(`Incorrect arguments to "${name}" should be: ${usage}`);
  }
  const parts = source.split(delimiter);
  if (index === undefined) return parts;
  const at = Number(index);
  if (!Number.isInteger(at)) throw valueError(`Incorrect index to "${name}" should be: ${usage}`);
  const part = parts.at(at);
  if (part === undefined) {
    throw valueError(`Incorrect index to "${name}" should be between 0 and ${parts.length - 1}`);
  }
  return part;
}

function digest(args: unknown, name: string): string {
  if (!Array.isArray(args) || !args.every((item) => typeof item === 'string')) {
    throw valueError(`Argument to function "${name}" must be a list of strings`);
  }
  const [algorithm, value] = args;
  if (args.length !== 2 || algorithm === undefined || value === undefined) {
    throw valueError(`Function "${name}" usage: ["<algorithm>", "<value>"]`);
  }
  const wanted = algorithm.toLowerCase();
  if (!getHashes().some((known) => known.toLowerCase() === wanted)) {
    throw valueError(
      `Algorithm must be one of ${['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'].join(', ')}`,
    );
  }
  return createHash(wanted).update(Buffer.from(value, 'latin1')).digest('hex');
}
