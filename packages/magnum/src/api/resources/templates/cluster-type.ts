import type { Image } from '@gantry/openstack';
import { badRequest, clusterTypeNotSupported, driverNotSupported } from '../../../clusters/errors.ts';
import type { Driver } from '../../../drivers/driver.ts';
import type { DriverRegistry } from '../../../drivers/registry.ts';
import type { ClusterWithGroups } from '../../../store/store.ts';

/** @throws MagnumError 400 if the image doesn't say what system it holds */
export function distroOf(image: Image, ident: string): string {
  const distro = image['os_distro'];
  if (typeof distro === 'string' && distro !== '') return distro;
  throw badRequest(`Image ${ident} doesn't contain os_distro field.`);
}

/** The driver that the image names, if it does. */
export function driverNamedBy(image: Image): string | undefined {
  const name = image['magnum_driver'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** @throws MagnumError 400 if no driver builds such clusters */
export function driverFor(
  drivers: DriverRegistry,
  type: { readonly serverType: string; readonly os: string; readonly coe: string },
  name: string | undefined,
): Driver {
  const driver = drivers.find({ ...type, name });
  if (driver) return driver;
  if (name !== undefined && drivers.find(type)) throw driverNotSupported(name);
  throw clusterTypeNotSupported(type.serverType, type.os, type.coe);
}

/** The driver that a cluster was built by. @throws MagnumError 400 if it isn't there any more */
export function driverOf(
  drivers: DriverRegistry,
  { cluster, template }: Pick<ClusterWithGroups, 'cluster' | 'template'>,
): Driver {
  if (!template) throw badRequest(`ClusterTemplate ${cluster.cluster_template_id} could not be found.`);
  const type = { serverType: template.server_type, os: template.cluster_distro ?? '', coe: template.coe };
  return driverFor(drivers, type, template.driver ?? undefined);
}
