import { httpTransport, NoAnswer } from '@gantry/openstack';
import type { ClientCredentials } from '../../../certificates/cluster-certificates.ts';

/** A node as the managers list it. Source: Docker Engine API, "Nodes". */
export interface SwarmNode {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: SwarmNodeSpec;
  readonly Description: { readonly Hostname: string };
  readonly Status: { readonly State: string; readonly Addr?: string };
}

export interface SwarmNodeSpec {
  readonly Name?: string;
  readonly Role: string;
  readonly Availability: 'active' | 'pause' | 'drain';
  readonly Labels: Readonly<Record<string, string>> | null;
}

/** What is asked of a Swarm's managers. */
export interface SwarmApi {
  nodes(): Promise<SwarmNode[]>;
  /** Changes a node as it was seen. */
  changeNode(node: SwarmNode, spec: Partial<SwarmNodeSpec>): Promise<void>;
  /** Success if it isn't there. */
  removeNode(id: string): Promise<void>;
  /** How many tasks still run on a node. */
  tasksOn(id: string): Promise<number>;
  close(): Promise<void>;
}

/** How to come to a Swarm's managers. @param credentials undefined without TLS */
export type SwarmConnector = (
  apiAddress: string,
  credentials: ClientCredentials | undefined,
  signal: AbortSignal,
) => SwarmApi;

/** The Docker Engine API of a manager said something else than yes. */
export class SwarmApiError extends Error {
  override readonly name = 'SwarmApiError';
}

/** Milliseconds without a word: managers may be where a conductor can't reach them. */
const ANSWER_TIMEOUT = 20_000;

/** Managers through the Docker API that they serve to users. @param apiAddress `tcp://172.24.4.10:2376` */
export const connectToSwarm: SwarmConnector = (apiAddress, credentials, signal) => {
  const base = apiAddress.replace(/^tcp:/, credentials ? 'https:' : 'http:');
  const transport = httpTransport(credentials && { ca: credentials.ca, identity: credentials });

  async function ask(method: 'GET' | 'POST' | 'DELETE', path: string, sent?: object): Promise<unknown> {
    let answer;
    try {
      answer = await transport({
        ...{ method, url: base + path, timeoutMs: ANSWER_TIMEOUT, signal },
        headers: sent ? { 'content-type': 'application/json' } : {},
        ...(sent && { body: JSON.stringify(sent) }),
      });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new SwarmApiError(`${apiAddress} can not be reached: ${error.reason}`, { cause: error });
    }
    const { status, body } = answer;
    if (status < 300) return body;
    if (method === 'DELETE' && status === 404) return undefined;
    const said = typeof body === 'string' ? body : JSON.stringify(body ?? '');
    throw new SwarmApiError(`${apiAddress} answered ${status}: ${said.slice(0, 300).trim()}`);
  }

  return {
    nodes: async () => (await ask('GET', '/nodes')) as SwarmNode[],
    async changeNode(node, spec) {
      await ask('POST', `/nodes/${node.ID}/update?version=${node.Version.Index}`, { ...node.Spec, ...spec });
    },
    async removeNode(id) {
      await ask('DELETE', `/nodes/${id}?force=true`);
    },
    async tasksOn(id) {
      const filters = JSON.stringify({ node: { [id]: true } });
      const tasks = (await ask('GET', `/tasks?filters=${encodeURIComponent(filters)}`)) as {
        readonly Status: { readonly State: string };
      }[];
      return tasks.filter(({ Status }) => Status.State === 'running').length;
    },
    close: () => transport.close(),
  };
};
