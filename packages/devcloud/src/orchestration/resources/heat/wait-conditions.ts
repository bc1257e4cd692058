import { notFound, valueError } from '../../errors.ts';
import { isDict, text, type Dict } from '../../values.ts';
import { ResourceFault, type ResourceContext, type ResourceType } from '../resource-type.ts';
import { integer, oneOf, range, string } from '../schema.ts';
import { signalEndpoint, signalToken, signedSignalUrl } from './signal-url.ts';

interface Signal {
  readonly status: 'SUCCESS' | 'FAILURE';
  readonly reason: string;
  readonly data: unknown;
}

/** The signals a handle has got, by their ids. */
export function signalsOf(data: Dict): Readonly<Record<string, Signal>> {
  const signals = data['signals'];
  return isDict(signals) ? (signals as Record<string, Signal>) : {};
}

const create = async (context: ResourceContext): Promise<void> => {
  signalToken(context);
  if (context.row.physicalId === null) context.setPhysicalId(context.row.id.replaceAll('-', ''));
};

export const waitConditionHandle: ResourceType = {
  name: 'OS::Heat::WaitConditionHandle',
  description: 'Where a server says that it is done, or that it failed.',
  properties: {
    signal_transport: string({
      default: 'TOKEN_SIGNAL',
      constraints: oneOf(
        'CFN_SIGNAL',
        'TEMP_URL_SIGNAL',
        'HEAT_SIGNAL',
        'NO_SIGNAL',
        'ZAQAR_SIGNAL',
        'TOKEN_SIGNAL',
      ),
    }),
  },
  attributes: {
    token: 'Token for X-Auth-Token with TOKEN_SIGNAL.',
    endpoint: 'Address to signal to with TOKEN_SIGNAL.',
    curl_cli: 'The beginning of a curl command that signals; only the data is missing.',
    signal: 'All that is needed to signal, as JSON.',
  },
  create,
  validate: (properties) => refuseTransport(properties),
  async attribute(context, name) {
    const byToken = context.properties['signal_transport'] === 'TOKEN_SIGNAL';
    const token = signalToken(context);
    const endpoint = signalEndpoint(context);
    if (name === 'token') return byToken ? token : null;
    if (name === 'endpoint') return byToken ? endpoint : null;
    if (name === 'curl_cli') {
      if (!byToken) return null;
      return `curl -i -X POST -H 'X-Auth-Token: ${token}' -H 'Content-Type: application/json' -H 'Accept: application/json' ${endpoint}`;
    }
    return JSON.stringify(byToken ? { token, endpoint } : { alarm_url: signedSignalUrl(context) });
  },
  reference: async (context) =>
    context.properties['signal_transport'] === 'CFN_SIGNAL'
      ? signedSignalUrl(context)
      : context.row.physicalId,
  signal: (context, body) => takeSignal(context, defaults(context, body)),
};

/** The handle of CloudFormation's kind: its reference is the signed address. */
export const cfnWaitConditionHandle: ResourceType = {
  name: 'AWS::CloudFormation::WaitConditionHandle',
  description: 'Where a server says that it is done; what refers to it is an address to signal to.',
  properties: {},
  attributes: {},
  create,
  reference: async (context) => signedSignalUrl(context),
  signal(context, body) {
    const renamed = isDict(body)
      ? {
          status: body['Status'] ?? body['status'],
          reason: body['Reason'] ?? body['reason'],
          data: body['Data'] ?? body['data'],
          id: body['UniqueId'] ?? body['id'],
        }
      : body;
    return takeSignal(context, renamed);
  },
};

/** A handle that is made anew with every update, so that each update is waited for. */
export const updateWaitConditionHandle: ResourceType = {
  ...waitConditionHandle,
  name: 'OS::Heat::UpdateWaitConditionHandle',
  renewed: true,
  description: 'A handle whose signals count for one creation or update only.',
};

export function refuseTransport(properties: Dict): void {
  const transport = properties['signal_transport'];
  if (transport === 'TEMP_URL_SIGNAL' || transport === 'ZAQAR_SIGNAL') {
    const service = transport === 'ZAQAR_SIGNAL' ? 'messaging (zaqar)' : 'object store (swift)';
    throw valueError(`signal_transport ${transport} is not supported: this cloud has no ${service} service`);
  }
}

function defaults(context: ResourceContext, body: unknown): unknown {
  const given = isDict(body) ? body : body === undefined || body === null ? {} : undefined;
  if (!given) return body;
  const known = Object.keys(given).filter((key) => ['data', 'reason', 'status', 'id'].includes(key));
  if (known.length < Object.keys(given).length) return undefined;
  const number = Object.keys(signalsOf(context.row.data)).length + 1;
  return {
    data: given['data'] ?? null,
    reason: given['reason'] ?? `Signal ${number} received`,
    status: given['status'] ?? 'SUCCESS',
    id: given['id'] ?? number,
  };
}

async function takeSignal(context: ResourceContext, body: unknown): Promise<string> {
  if (!isDict(body)) throw valueError('Metadata format invalid');
  const { status, reason, data, id } = body;
  if ((status !== 'SUCCESS' && status !== 'FAILURE') || id === undefined || reason === undefined) {
    throw valueError('Metadata format invalid');
  }
  const signal: Signal = { status, reason: text(reason), data: data ?? null };
  context.note('signals', { ...signalsOf(context.row.data), [text(id)]: signal });
  return `status:${status} reason:${signal.reason}`;
}

export const waitCondition: ResourceType = {
  name: 'OS::Heat::WaitCondition',
  description: 'Waits until a handle got a number of signals, one failure, or its time is up.',
  properties: {
    handle: string({ required: true }),
    timeout: integer({ required: true, constraints: range(1, 43200) }),
    count: integer({ default: 1, update: true, constraints: range(1) }),
  },
  attributes: { data: 'What was signalled, as JSON: a map of ids to data.' },
  async create(context) {
    if (context.row.physicalId === null) context.setPhysicalId(context.cloud.uuid());
    await waitForSignals(context);
  },
  update: (context) => waitForSignals(context),
  async attribute(context) {
    const handle = findHandle(context);
    if (!handle) return null;
    const data = Object.entries(signalsOf(handle.data)).map(([id, signal]) => [id, signal.data]);
    return JSON.stringify(Object.fromEntries(data));
  },
};

export const cfnWaitCondition: ResourceType = {
  ...waitCondition,
  name: 'AWS::CloudFormation::WaitCondition',
  properties: {
    Handle: string({ required: true }),
    Timeout: integer({ required: true, constraints: range(1, 43200) }),
    Count: integer({ default: 1, update: true, constraints: range(1) }),
  },
  attributes: { Data: 'What was signalled, as JSON.' },
};

function part(context: ResourceContext, name: string): unknown {
  return context.properties[name] ?? context.properties[name.charAt(0).toUpperCase() + name.slice(1)];
}

function findHandle(context: ResourceContext): ResourceContext['row'] | undefined {
  const reference = text(part(context, 'handle'));
  // A handle is named by its id, or by the signed address, of which its row's id is a part.
  const signed = /\/signal\/([^/]+)\//.exec(reference)?.[1];
  if (signed !== undefined) return context.tables.resources.get(signed);
  return context.tables.resources.by('physical', reference)[0];
}

async function waitForSignals(context: ResourceContext): Promise<void> {
  const count = Number(part(context, 'count'));
  // The time runs from the first moment on, whatever restarts come between.
  const began = context.row.data[`began/${context.stack.operation}`];
  const start = typeof began === 'string' ? Date.parse(began) : context.cloud.now().getTime();
  if (began === undefined) context.note(`began/${context.stack.operation}`, new Date(start).toISOString());
  const deadline = start + Number(part(context, 'timeout')) * 1000;
  await context.until(async () => {
    const handle = findHandle(context);
    if (!handle) throw notFound('handle', text(part(context, 'handle')));
    const signals = Object.values(signalsOf(handle.data));
    const failures = signals.filter((signal) => signal.status === 'FAILURE');
    if (failures.length > 0) {
      throw new ResourceFault('WaitConditionFailure', failures.map((signal) => signal.reason).join(';'));
    }
    if (signals.length >= count) return true;
    if (context.cloud.now().getTime() < deadline) return undefined;
    const reasons = signals.map((signal) => signal.reason).join(';');
    throw new ResourceFault(
      'WaitConditionTimeout',
      `${signals.length} of ${count} received${reasons === '' ? '' : ` - ${reasons}`}`,
    );
  });
  context.note(`began/${context.stack.operation}`, undefined);
}
