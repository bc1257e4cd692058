import type { ClusterType, Driver } from './driver.ts';

export interface DriverRegistry {
  /**
   * The driver for a type of cluster.
   * @param wanted `name`: one that must be taken, because the template or its image says so
   */
  find(wanted: ClusterType & { readonly name?: string | undefined }): Driver | undefined;
  /** Every COE some driver knows, by name. */
  supportedCoes(): string[];
}

/** @param disabled names, as in `[drivers] disabled_drivers` */
export function createDriverRegistry(
  drivers: readonly Driver[],
  disabled: readonly string[] = [],
): DriverRegistry {
  const enabled = drivers.filter((driver) => !disabled.includes(driver.name));
  return {
    find(wanted) {
      return enabled.find(
        (driver) =>
          (wanted.name === undefined || wanted.name === driver.name) &&
          driver.provides.some((type) => sameType(type, wanted)),
      );
    },
    supportedCoes() {
      return [...new Set(enabled.flatMap((driver) => driver.provides.map(({ coe }) => coe)))].toSorted();
    },
  };
}

function sameType(a: ClusterType, b: ClusterType): boolean {
  return a.serverType === b.serverType && a.os === b.os && a.coe === b.coe;
}
