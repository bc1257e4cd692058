import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { networkClient, type Session } from '@gantry/openstack';
import type { Logger } from '@gantry/oslo';
import { linkOwner } from '../binding/link-owner.ts';
import { hostLinks, type Links } from '../binding/links.ts';
import { wiring } from '../binding/wiring.ts';
import { pluginServer } from '../libnetwork/server.ts';
import { listenAt } from '../libnetwork/socket.ts';
import { createChores } from '../ports/chores.ts';
import { removeForgotten } from '../networks/forgotten-networks.ts';
import { openJournal, type Journal } from '../ports/journal.ts';
import { reconcile } from '../ports/reconcile.ts';
import { DEFAULTS, type KuryrConfig } from './config.ts';
import { turns, type Driver } from './context.ts';
import { isAbort, messageOf } from './errors.ts';
import { perform } from './perform.ts';

export interface KuryrOptions {
  /** Whose name Kuryr acts in; needs the role admin or service. */
  readonly session: Session;
  /** Where Docker looks for the plug-in: `/run/docker/plugins/kuryr.sock`. Its name is the driver's. */
  readonly socket: string;
  /** Folder of the journal. */
  readonly stateDir: string;
  /** As Neutron's agents on this host call it. */
  readonly hostName: string;
  readonly log: Logger;
  /** Options of kuryr.conf; the original's defaults where it is silent. */
  readonly config?: Partial<KuryrConfig>;
  /**
   * Docker's own socket. With it, networks that were removed while Kuryr did not run are removed in Neutron too. Never
   * asked while Docker waits for an answer.
   */
  readonly docker?: string;
  /** The host's own links unless given. */
  readonly links?: Links;
  readonly now?: () => number;
}

/** The network and IPAM driver of one Docker host. */
export interface Kuryr {
  /**
   * Begins to answer Docker. Neutron needs not be there yet.
   *
   * @throws SocketError, JournalError with what to do
   */
  start(): Promise<void>;
  /** Compares journal, Neutron and host right now, as it happens every minute anyway. @throws what Neutron said */
  reconcile(): Promise<void>;
  /** Answers what was asked, and stops. What is still owed is done after the next start. */
  stop(): Promise<void>;
}

/** How long requests under way may take when stopping. */
const STOP_MS = 5_000;
const RECONCILE_EVERY_MS = 60_000;
const RECONCILE_AGAIN_MS = 5_000;

export function createKuryr(options: KuryrOptions): Kuryr {
  const now = options.now ?? Date.now;
  const { log } = options;
  let running: { stop(): Promise<void>; reconcile(): Promise<void> } | undefined;

  async function start(): Promise<void> {
    if (running) return;
    const journal = openJournal(options.stateDir);
    const stopping = new AbortController();
    const { driver, facts } = assemble(options, journal, now);
    const server = pluginServer(driver);
    try {
      await listenAt(server, options.socket);
    } catch (error) {
      journal.close();
      throw error;
    }
    settleUnfinished(journal, now());
    driver.chores.start(stopping.signal);
    const round = rounds(driver, facts, options.docker, stopping.signal);
    const watching = watch(driver, round, stopping.signal);
    log.info({ socket: options.socket, host: options.hostName }, 'Kuryr answers Docker');
    running = {
      reconcile: round,
      async stop() {
        rmSync(options.socket, { force: true });
        const closed = new Promise<void>((done) => server.close(() => done()));
        server.closeIdleConnections();
        const limit = setTimeout(() => server.closeAllConnections(), STOP_MS);
        await closed;
        clearTimeout(limit);
        stopping.abort();
        await watching;
        await Promise.all([driver.chores.idle(), driver.wiring.idle()]);
        journal.close();
      },
    };
  }

  return {
    start,
    reconcile: () => running?.reconcile() ?? Promise.resolve(),
    async stop() {
      const current = running;
      running = undefined;
      await current?.stop();
    },
  };
}

/** What is found out about Neutron while running. */
interface Facts {
  tagsWithPorts: boolean | undefined;
  reconciled: boolean;
}

function assemble(
  options: KuryrOptions,
  journal: Journal,
  now: () => number,
): { driver: Driver; facts: Facts } {
  const facts: Facts = { tagsWithPorts: undefined, reconciled: false };
  const inTurn = turns();
  const links = options.links ?? hostLinks();
  const { log } = options;
  const chores = createChores({
    journal,
    log,
    now,
    newId: randomUUID,
    inTurn,
    perform: (task, signal) => perform(driver, task, signal),
  });
  const driver: Driver = {
    neutron: networkClient(options.session),
    journal,
    chores,
    links,
    wiring: wiring(links, inTurn),
    log,
    config: { ...DEFAULTS, ...options.config },
    hostName: options.hostName,
    linkOwner: linkOwner(options.stateDir),
    now,
    newId: randomUUID,
    tagsWithPorts: () => facts.tagsWithPorts === true,
    reconciled: () => facts.reconciled,
    inTurn,
  };
  return { driver, facts };
}

/** What the last process was in the middle of can't be answered any more: it is undone now, not when it would be due. */
function settleUnfinished(journal: Journal, now: number): void {
  journal.together(() => {
    for (const chore of journal.chores.all()) journal.chores.put({ ...chore, due: now, attempts: 0 });
  });
}

/** One comparison after the other; each knows what the last one found suspicious. */
function rounds(
  driver: Driver,
  facts: Facts,
  docker: string | undefined,
  stopping: AbortSignal,
): () => Promise<void> {
  let suspects = new Set<string>();
  let forgotten = new Set<string>();
  return () =>
    driver.inTurn('reconcile', async () => {
      const signal = AbortSignal.any([stopping, AbortSignal.timeout(25_000)]);
      facts.tagsWithPorts ??= (await driver.neutron.extensions(signal)).has('tag-ports-during-bulk-creation');
      suspects = await reconcile(driver, suspects, signal);
      facts.reconciled = true;
      if (docker !== undefined) forgotten = await removeForgotten(driver, docker, forgotten, signal);
    });
}

/** Compares as soon as Neutron answers, and then every minute. */
async function watch(driver: Driver, round: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    let wait = RECONCILE_EVERY_MS;
    try {
      await round();
    } catch (error) {
      if (stopping.aborted) return;
      wait = RECONCILE_AGAIN_MS;
      const why = isAbort(error) ? 'no answer in time' : messageOf(error);
      driver.log.warn({ err: error }, `Neutron's ports can't be compared yet: ${why}`);
    }
    await delay(wait, undefined, { signal: stopping, ref: false }).catch(() => undefined);
  }
}
