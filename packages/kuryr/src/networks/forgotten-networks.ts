import { request } from 'node:http';
import type { Driver } from '../driver/context.ts';
import { messageOf } from '../driver/errors.ts';
import { deleteNetwork } from './delete-network.ts';

/** Where it stands in the journal which Docker engine it is that asks us. */
const ENGINE = 'docker-engine';

/**
 * Removes networks that Docker has no more: it forgets a network even if the driver can't be reached. An engine is
 * believed only if it once had one of our networks, so that a wrong socket costs nobody a network.
 *
 * @param suspects networks that Docker did not have the last time
 * @returns those of this time
 */
export async function removeForgotten(
  driver: Driver,
  socket: string,
  suspects: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Set<string>> {
  const { journal, log } = driver;
  const again = new Set<string>();
  if (journal.networks.all().length === 0) return again;
  try {
    const [info, networks] = await Promise.all([
      ask(socket, '/info', signal) as Promise<{ ID: string }>,
      ask(socket, '/networks', signal) as Promise<{ Id: string }[]>,
    ]);
    const there = new Set(networks.map((network) => network.Id));
    const [has, lacks] = [
      journal.networks.all().filter((network) => there.has(network.id)),
      journal.networks.all().filter((network) => !there.has(network.id)),
    ];
    if (has.length > 0) journal.facts.put({ id: ENGINE, value: info.ID });
    if (journal.facts.get(ENGINE)?.value !== info.ID) return again;
    for (const network of lacks) {
      if (!suspects.has(network.id)) {
        again.add(network.id);
        continue;
      }
      log.info({ networkId: network.id }, 'Docker removed this network while Kuryr did not run');
      await deleteNetwork(driver, network.id, signal);
    }
  } catch (error) {
    log.warn({ socket }, `Docker can't be asked which networks it has: ${messageOf(error)}`);
  }
  return again;
}

function ask(socketPath: string, path: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, signal, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('error', reject);
      response.on('end', () => {
        try {
          if (response.statusCode !== 200) throw new Error(`${path}: ${response.statusCode}`);
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}
