/** How this driver behaves: the options of kuryr.conf as far as they are not about Keystone and sockets. */
export interface KuryrConfig {
  /** `[DEFAULT] capability_scope` */
  readonly capabilityScope: 'local' | 'global';
  /** `[DEFAULT] local_default_address_space`, `global_default_address_space` */
  readonly localAddressSpace: string;
  readonly globalAddressSpace: string;
  /** `[DEFAULT] subnetpool_name_prefix` */
  readonly subnetPoolPrefix: string;
  /**
   * `[DEFAULT] ip_range_is`: what `--ip-range` makes. `subnet`, as the original has it: the range becomes the Neutron
   * subnet, so that its name and that of its subnetpool tell the range, and containers get the range's mask.
   * `allocation_pool`: the subnet is what `--subnet` says, and the range its allocation pool.
   */
  readonly ipRangeIs: 'subnet' | 'allocation_pool';
  /** `[DEFAULT] process_external_connectivity`: security groups for exposed ports. */
  readonly exposedPorts: boolean;
  /** `[binding] veth_dst_prefix` */
  readonly interfacePrefix: string;
  /** `[neutron] enable_dhcp` */
  readonly enableDhcp: boolean;
  /** `[neutron] default_subnetpool_v4`, `default_subnetpool_v6` */
  readonly defaultPoolV4: string;
  readonly defaultPoolV6: string;
  /** `[neutron] vif_plugging_is_fatal`: a container starts only when its port is ACTIVE. */
  readonly pluggingIsFatal: boolean;
  /** `[neutron] vif_plugging_timeout`, in seconds; 0 for as long as a request to Kuryr may take. */
  readonly pluggingTimeout: number;
}

export const DEFAULTS: KuryrConfig = {
  capabilityScope: 'local',
  localAddressSpace: 'no_address_space',
  globalAddressSpace: 'no_address_space',
  subnetPoolPrefix: 'kuryrPool',
  ipRangeIs: 'subnet',
  exposedPorts: true,
  interfacePrefix: 'eth',
  enableDhcp: true,
  defaultPoolV4: 'kuryr',
  defaultPoolV6: 'kuryr6',
  pluggingIsFatal: false,
  pluggingTimeout: 0,
};
