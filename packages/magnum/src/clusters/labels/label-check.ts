import { isIP } from 'node:net';
import type { Label, LabelType } from './label.ts';
import { labelsOf } from './label-registry.ts';

/** Something about a label that a user will want to know; the cluster is built all the same. */
export interface LabelDoubt {
  readonly label: string;
  readonly message: string;
}

/**
 * Looks at the labels of a cluster. The original takes any value of any label, so nothing is refused: what a
 * driver will not understand is told instead. Unknown labels are the user's own, and not doubted, unless a known
 * one is spelled almost alike.
 */
export function doubtsAbout(coe: string, labels: Readonly<Record<string, string>>): LabelDoubt[] {
  const known = new Map(labelsOf(coe).map((label) => [label.name, label]));
  return Object.entries(labels).flatMap(([name, value]) => {
    const label = known.get(name);
    if (label) return fits(label.type, value) ? [] : [{ label: name, message: wrongValue(label, value) }];
    const meant = [...known.keys()].find((other) => almostAlike(name, other));
    if (meant === undefined) return [];
    return [{ label: name, message: `the label ${name} is not known; ${meant} may be meant` }];
  });
}

/** Whether a value is of a type; the empty text counts as none given. */
export function fits(type: LabelType, value: string): boolean {
  if (typeof type === 'object') return type.choices.includes(value);
  if (value === '') return true;
  switch (type) {
    case 'text':
      return true;
    case 'boolean':
      return /^(true|false)$/i.test(value);
    case 'count':
      return /^\d{1,9}$/.test(value);
    case 'cidr':
      return isCidr(value);
    case 'cidrs':
      return value.split(',').every((part) => isCidr(part.trim()));
    case 'address':
      return isIP(value) !== 0;
    case 'url':
      return /^https?:\/\/\S+$/.test(value);
    case 'sha256':
      return /^[0-9a-f]{64}$/i.test(value);
    case 'tag':
      return /^[\w][\w.+-]{0,127}$/.test(value);
    case 'names':
      return /^[^\s,]+(,[^\s,]+)*$/.test(value);
  }
}

/** What a value of the type looks like, for people. */
export function expectationOf(type: LabelType): string {
  if (typeof type === 'object') return `one of ${type.choices.map((one) => one || 'nothing').join(', ')}`;
  return {
    text: 'text',
    boolean: 'true or false',
    count: 'a whole number from 0 on',
    cidr: 'a network such as 10.0.0.0/24',
    cidrs: 'networks such as 10.0.0.0/24, divided by commas',
    address: 'an IP address',
    url: 'an address that begins with http:// or https://',
    sha256: 'a SHA-256 checksum in 64 hexadecimal digits',
    tag: 'a version or the tag of an image',
    names: 'names, divided by commas',
  }[type];
}

function wrongValue(label: Label, value: string): string {
  return `the label ${label.name} is '${value.slice(0, 100)}'; ${expectationOf(label.type)} is expected`;
}

function isCidr(value: string): boolean {
  const [address = '', length = '', ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= (family === 4 ? 32 : 128);
}

/** The same letters and digits but for their case, or for what stands between them. */
function almostAlike(one: string, other: string): boolean {
  const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return bare(one) === bare(other);
}
