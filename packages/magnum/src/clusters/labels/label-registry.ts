import { kubernetesLabels } from './kubernetes-labels.ts';
import type { Coe, Label, LabelType } from './label.ts';
import { otherLabels } from './other-labels.ts';

const all: readonly Label[] = [...kubernetesLabels, ...otherLabels];

export const coesWithLabels: readonly Coe[] = ['kubernetes', 'swarm', 'swarm-mode', 'mesos'];

/** Labels that drivers of a COE know; none for a COE that isn't known. */
export function labelsOf(coe: string): Label[] {
  return all.filter((label) => label.coes.some((one) => one === coe));
}

/**
 * The labels of a COE as JSON Schema, for forms and editors. Fields that begin with `x-` are not JSON Schema's:
 * `x-type` the kind of value, `x-drivers` the drivers that know it, `x-since` and `x-until` releases of Magnum.
 */
export function labelSchema(coe: Coe): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `Labels of ${coe} clusters`,
    type: 'object',
    properties: Object.fromEntries(labelsOf(coe).map((label) => [label.name, valueSchema(label)])),
    additionalProperties: { type: 'string' },
  };
}

function valueSchema(label: Label): Record<string, unknown> {
  const { type, drivers, since, until } = label;
  return {
    type: 'string',
    description: label.meaning,
    ...(label.default === undefined ? {} : { default: label.default }),
    ...limitsOf(type),
    'x-type': typeof type === 'object' ? 'choice' : type,
    ...(drivers === undefined ? {} : { 'x-drivers': drivers }),
    ...(since === undefined ? {} : { 'x-since': since }),
    ...(until === undefined ? {} : { 'x-until': until, deprecated: true }),
  };
}

/** What JSON Schema can say of a type; the empty text is none given. */
function limitsOf(type: LabelType): Record<string, unknown> {
  if (typeof type === 'object') return { enum: type.choices };
  switch (type) {
    case 'boolean':
      return { pattern: '^([tT][rR][uU][eE]|[fF][aA][lL][sS][eE])?$' };
    case 'count':
      return { pattern: String.raw`^\d{0,9}$` };
    case 'sha256':
      return { pattern: '^([0-9a-fA-F]{64})?$' };
    case 'url':
      return { pattern: String.raw`^(https?://\S+)?$` };
    default:
      return {};
  }
}
