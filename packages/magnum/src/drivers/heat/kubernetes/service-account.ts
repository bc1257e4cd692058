import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Stack } from '@gantry/openstack';
import { DriverRefusal, type Change, type DriverContext } from '../../driver.ts';
import { changeOf, findStack } from '../find-stack.ts';
import type { HeatDriverOptions } from '../heat-driver.ts';
import { updateStack } from '../order-stack.ts';
import { causeIn } from '../stack-failure.ts';

const makeKeyPair = promisify(generateKeyPair);

/** A new pair of keys for the tokens of service accounts, as stacks are told them: PEM in one line, `\n` for line ends. */
export async function serviceAccountParameters(): Promise<Record<string, string>> {
  const { publicKey, privateKey } = await makeKeyPair('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return {
    kube_service_account_key: publicKey.replaceAll('\n', '\\n'),
    kube_service_account_private_key: privateKey.replaceAll('\n', '\\n'),
  };
}

/**
 * Gives every stack of a cluster new such keys, upon which its nodes take new certificates from Magnum as well.
 *
 * @returns whether all have; Heat waits for the nodes
 */
export async function rotateServiceAccount(
  context: DriverContext,
  change: Change,
  { createTimeoutMinutes }: HeatDriverOptions,
): Promise<boolean> {
  const groups = [undefined, ...context.nodegroups.filter(({ is_default }) => !is_default)];
  const stacks = await Promise.all(groups.map((group) => findStack(context, group)));
  const waiting = groups.filter((_, index) => !isOrdered(stacks[index], change));
  if (waiting.length === 0) return stacks.every((stack) => stack === undefined || isDone(stack));
  const parameters = await serviceAccountParameters();
  const timeoutMinutes = context.cluster.create_timeout || createTimeoutMinutes;
  for (const group of waiting) await updateStack(context, { group, parameters, change, timeoutMinutes });
  return false;
}

function isOrdered(stack: Stack | undefined, change: Change): boolean {
  return stack !== undefined && changeOf(stack) === change.id;
}

function isDone({ stack_name, stack_status, stack_status_reason }: Stack): boolean {
  if (stack_status.endsWith('_COMPLETE')) return true;
  if (!stack_status.endsWith('_FAILED')) return false;
  throw new DriverRefusal(`the stack ${stack_name} failed: ${causeIn(stack_status_reason)}`);
}
