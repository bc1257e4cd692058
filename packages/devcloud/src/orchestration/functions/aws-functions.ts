import { valueError } from '../errors.ts';
import { isDict, text, walk } from '../values.ts';
import type { PlainFunction } from './scope.ts';

/** What HOT inherited from CloudFormation and dropped again soon. */
export const AWS_FUNCTIONS: Readonly<Record<string, PlainFunction>> = {
  'Fn::Select': { since: '2013-05-23', until: '2015-10-15', run: select },
  'Fn::Join': { since: '2013-05-23', until: '2014-10-16', run: join },
  'Fn::Split': { since: '2013-05-23', until: '2014-10-16', run: split },
  'Fn::Replace': { since: '2013-05-23', until: '2014-10-16', run: replace },
  'Fn::Base64': { since: '2013-05-23', until: '2014-10-16', run: (args) => args },
};

/** Known by name, so that their use is refused and not taken for a map. */
export const REFUSED_AWS_FUNCTIONS = ['Fn::GetAZs', 'Fn::MemberListToMap', 'Fn::ResourceFacade'];

function select(args: unknown, name: string): unknown {
  if (!Array.isArray(args) || args.length !== 2) {
    throw valueError(`Arguments to "${name}" must be of the form [index, collection]`);
  }
  const [index, collection] = args as unknown[];
  return walk(collection, [index]) ?? '';
}

function join(args: unknown, name: string): string {
  if (!Array.isArray(args) || args.length !== 2 || typeof args[0] !== 'string' || !Array.isArray(args[1])) {
    throw valueError(`Incorrect arguments to "${name}" should be: "${name}" : [ " ", [ "str1", "str2"]]`);
  }
  return args[1].map((item: unknown) => (item === null ? '' : text(item))).join(args[0]);
}

function split(args: unknown, name: string): string[] {
  if (
    !Array.isArray(args) ||
    args.length !== 2 ||
    typeof args[0] !== 'string' ||
    typeof args[1] !== 'string'
  ) {
    throw valueError(`Incorrect arguments to "${name}" should be: "${name}" : [ ",", "str1,str2"]]`);
  }
  return args[1].split(args[0]);
}

function replace(args: unknown, name: string): string {
  if (!Array.isArray(args) || args.length !== 2 || !isDict(args[0]) || typeof args[1] !== 'string') {
    throw valueError(
      `Incorrect arguments to "${name}" should be: "${name}" : [ { "key1": "value1" }, "key1 text" ]`,
    );
  }
  return Object.entries(args[0]).reduce(
    (result, [key, value]) => result.replaceAll(key, () => (value === null ? '' : text(value))),
    args[1],
  );
}
