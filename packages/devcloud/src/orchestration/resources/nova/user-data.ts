import { isDict, pythonJson, text, type Dict } from '../../values.ts';
import { buildMultipart } from '../heat/multipart.ts';
import { signedMetadataUrl } from '../heat/signal-url.ts';
import type { ResourceContext } from '../resource-type.ts';

/** Where os-collect-config looks for what cloud-init, or Ignition, left for it. */
const INIT_DATA_PATHS = ['/var/lib/heat-cfntools/cfn-init-data', '/var/lib/cloud/data/cfn-init-data'];

/**
 * The user data of a server, base64, in the form its `user_data_format` asks for: as given, or as a message
 * that also tells the agent on the server where its configuration is.
 */
export function userData(context: ResourceContext): string | undefined {
  const { properties } = context;
  const source = contentOf(context, properties['user_data']);
  const format = properties['user_data_format'];
  if (format === 'RAW') return source === '' ? undefined : encode(source);
  const ignition = format === 'SOFTWARE_CONFIG' ? asIgnition(source) : undefined;
  if (ignition) return encode(JSON.stringify(withInitData(ignition, initData(context))));
  const parts = [
    ...(format === 'HEAT_CFNTOOLS' && source !== ''
      ? [{ content: source, filename: 'cfn-userdata', subtype: 'x-cfninitdata', isMultipart: false }]
      : []),
    ...(format === 'SOFTWARE_CONFIG' && source !== ''
      ? [{ content: source, filename: '', subtype: '', isMultipart: isMultipart(source) }]
      : []),
    {
      content: pythonJson(initData(context)),
      filename: 'cfn-init-data',
      subtype: 'x-cfninitdata',
      isMultipart: false,
    },
  ];
  return encode(buildMultipart(parts, context.row.id));
}

function encode(source: string): string {
  return Buffer.from(source).toString('base64');
}

/** An id of a configuration means its content. */
function contentOf(context: ResourceContext, value: unknown): string {
  const given = typeof value === 'string' ? value : '';
  const config = context.tables.configs.get(given);
  if (!config || config.projectId !== context.stack.projectId) return given;
  return typeof config.config === 'string' ? config.config : pythonJson(config.config);
}

function isMultipart(source: string): boolean {
  return /^Content-Type:\s*multipart\//i.test(source);
}

/** What the agent gets: the metadata of the template and, for software deployments, where to ask for more. */
function initData(context: ResourceContext): Dict {
  const { properties, row, stack, cloud } = context;
  if (properties['user_data_format'] !== 'SOFTWARE_CONFIG') return row.metadata;
  return {
    ...row.metadata,
    deployments: [],
    'os-collect-config': {
      collectors: ['ec2', 'request', 'local'],
      request: { metadata_url: signedMetadataUrl(context) },
      heat: {
        auth_url: `${cloud.internalUrl}/identity/v3`,
        project_id: stack.projectId,
        stack_id: `${stack.name}/${stack.id}`,
        resource_name: context.name,
        region_name: cloud.region,
      },
    },
  };
}

function asIgnition(source: string): Dict | undefined {
  if (!source.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(source);
    return isDict(parsed) && 'ignition' in parsed ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function withInitData(ignition: Dict, data: Dict): Dict {
  const storage = isDict(ignition['storage']) ? ignition['storage'] : {};
  const files = Array.isArray(storage['files']) ? (storage['files'] as unknown[]) : [];
  const contents = { source: `data:,${encodeURIComponent(pythonJson(data))}`, verification: {} };
  const added = INIT_DATA_PATHS.map((path) => ({
    filesystem: 'root',
    group: { name: 'root' },
    user: { name: 'root' },
    path,
    contents,
    mode: 0o640,
  }));
  return { ...ignition, storage: { ...storage, files: [...files, ...added] } };
}

export const shownFormat = (properties: Dict): string => text(properties['user_data_format']);
