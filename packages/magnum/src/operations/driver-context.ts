import type { Session } from '@gantry/openstack';
import type { Driver, DriverContext } from '../drivers/driver.ts';
import type { Cluster, ClusterTemplate, NodeGroup } from '../store/rows.ts';
import { asOwner } from './as-owner.ts';
import type { OperationServices } from './verb.ts';

/** A cluster with everything that is needed to act on it. */
export interface LoadedCluster {
  readonly cluster: Cluster;
  readonly template: ClusterTemplate | undefined;
  readonly nodegroups: readonly NodeGroup[];
  /** Who builds such clusters; undefined if that driver isn't enabled here. */
  readonly driver: Driver | undefined;
}

type Needed = Pick<OperationServices, 'store' | 'drivers'>;

/** @returns undefined if the cluster is gone */
export async function loadCluster(services: Needed, uuid: string): Promise<LoadedCluster | undefined> {
  const cluster = await services.store.clusters.get(uuid);
  if (!cluster) return undefined;
  const [loaded] = await services.store.clusters.withGroups([cluster]);
  if (!loaded) return undefined;
  const { template, nodegroups } = loaded;
  const driver =
    template &&
    services.drivers.find({
      serverType: template.server_type,
      os: template.cluster_distro ?? '',
      coe: template.coe,
      name: template.driver ?? undefined,
    });
  return { cluster, template, nodegroups, driver };
}

/** Lets a driver act on a cluster in its owner's name, or Magnum's own if the owner can't act any more. */
export function withDriver<T>(
  services: Pick<OperationServices, 'sessions' | 'certificates'>,
  loaded: LoadedCluster,
  signal: AbortSignal,
  work: (context: DriverContext) => Promise<T>,
): Promise<T> {
  return asOwner(services.sessions, loaded.cluster, (session: Session) =>
    work(driverContext(services, loaded, session, signal)),
  );
}

/** A cluster as its driver sees it, in the name that the session is of. */
export function driverContext(
  services: Pick<OperationServices, 'certificates'>,
  { cluster, template, nodegroups }: LoadedCluster,
  session: Session,
  signal: AbortSignal,
): DriverContext {
  const credentials = () => services.certificates.clientCredentialsOf(cluster);
  return { cluster, template, nodegroups, session, signal, credentials };
}
