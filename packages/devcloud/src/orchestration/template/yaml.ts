import { parseDocument, type ScalarTag } from 'yaml';
import { valueError } from '../errors.ts';

/**
 * Reads YAML 1.1 as PyYAML does, which is what templates are written for: `yes` is a boolean, `010` is
 * eight, `1e5` and dates stay text, of equal keys the last counts. JSON is YAML too.
 *
 * @throws HeatError ValueError with line and column
 */
export function parseYaml(source: string): unknown {
  const document = parseDocument(source, {
    version: '1.1',
    schema: 'failsafe',
    merge: true,
    uniqueKeys: false,
    customTags: PYYAML_SCALARS,
    logLevel: 'silent',
    prettyErrors: true,
  });
  const fault = document.errors[0];
  if (fault) throw valueError(`Error parsing template: ${fault.message.trim()}`);
  try {
    return document.toJS({ maxAliasCount: 1000 }) as unknown;
  } catch (error) {
    throw valueError(`Error parsing template: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function scalar(tag: string, test: RegExp, resolve: (source: string) => unknown): ScalarTag {
  return { tag: `tag:yaml.org,2002:${tag}`, default: true, test, resolve };
}

const PYYAML_SCALARS: ScalarTag[] = [
  scalar('null', /^(?:~|null|Null|NULL|)$/, () => null),
  scalar('bool', /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, () => true),
  scalar('bool', /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, () => false),
  scalar('int', /^[-+]?0b[0-1_]+$/, (source) => integer(source, '0b', 2)),
  scalar('int', /^[-+]?0x[0-9a-fA-F_]+$/, (source) => integer(source, '0x', 16)),
  scalar('int', /^[-+]?0[0-7_]+$/, (source) => integer(source, '0', 8)),
  scalar('int', /^[-+]?(?:0|[1-9][0-9_]*)$/, (source) => integer(source, '', 10)),
  scalar('int', /^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/, sexagesimal),
  scalar('float', /^[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?$/, decimal),
  scalar('float', /^[-+]?\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?$/, decimal),
  scalar('float', /^[-+]?\.(?:inf|Inf|INF)$/, (source) => (source.startsWith('-') ? -Infinity : Infinity)),
  scalar('float', /^\.(?:nan|NaN|NAN)$/, () => Number.NaN),
];

function integer(source: string, prefix: string, base: number): number | string {
  const digits = source.replaceAll('_', '');
  const sign = digits.startsWith('-') ? -1 : 1;
  const value = sign * Number.parseInt(digits.replace(/^[-+]/, '').slice(prefix.length), base);
  // Beyond 2^53 the digits are what matters (an id, most likely), and text keeps them.
  return Number.isSafeInteger(value) ? value : digits;
}

function decimal(source: string): number {
  return Number(source.replaceAll('_', ''));
}

function sexagesimal(source: string): number {
  const sign = source.startsWith('-') ? -1 : 1;
  const digits = source.replaceAll('_', '').replace(/^[-+]/, '');
  return sign * digits.split(':').reduce((total, part) => total * 60 + Number(part), 0);
}
