import type { DeploymentRow, Tables } from '../../engine/tables.ts';
import { isDict, text, type Dict } from '../../values.ts';

const OWN_OUTPUTS = ['deploy_stdout', 'deploy_stderr', 'deploy_status_code'];

/**
 * Takes what a server says about a deployment: its outputs, and by them whether it failed. A second signal,
 * or one after it was cancelled, changes nothing.
 *
 * @returns the reason for the event
 */
export function applySignal(tables: Tables, deployment: DeploymentRow, body: unknown, at: string): string {
  if (deployment.status !== 'IN_PROGRESS') return 'Signal ignored: the deployment is not in progress';
  const details = isDict(body) ? body : {};
  const declared = tables.configs.get(deployment.configId)?.outputs ?? [];
  const faults: string[] = [];
  const outputs: Record<string, unknown> = {};
  for (const output of declared) {
    const name = text(output['name']);
    if (!(name in details)) continue;
    outputs[name] = details[name];
    if (output['error_output'] === true && isSomething(details[name]))
      faults.push(`Error in ${name}: ${text(details[name])}`);
  }
  for (const name of OWN_OUTPUTS) outputs[name] = details[name] ?? null;
  const code = details['deploy_status_code'];
  if (code !== undefined && code !== null && text(code) !== '' && Number(code) !== 0) {
    faults.push(`deploy_status_code: Deployment exited with non-zero status code: ${text(code)}`);
  }
  const failed = faults.length > 0;
  const reason = failed ? faults.join(', ') : 'Outputs received';
  tables.deployments.put({
    ...deployment,
    status: failed ? 'FAILED' : 'COMPLETE',
    reason,
    outputValues: outputs,
    updatedAt: at,
  });
  return failed ? `deployment ${deployment.id} failed (${reason})` : `deployment ${deployment.id} succeeded`;
}

function isSomething(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && value !== false;
}

/** What a server has to apply, in the order of the names. */
export function deploymentsFor(tables: Tables, projectId: string, serverId: string): Dict[] {
  return tables.deployments
    .by('server', serverId)
    .filter((deployment) => deployment.projectId === projectId)
    .flatMap((deployment) => {
      const config = tables.configs.get(deployment.configId);
      return config ? [{ config, deployment }] : [];
    })
    .toSorted((a, b) => (a.config.name < b.config.name ? -1 : 1))
    .map(({ config }) => ({
      id: config.id,
      name: config.name,
      group: config.group,
      config: config.config,
      inputs: config.inputs,
      outputs: config.outputs,
      options: config.options,
      creation_time: config.createdAt,
    }));
}
