/** What a user told the driver with `-o`, or the IPAM driver with `--ipam-opt`; each gets only its own. */
export interface NeutronOptions {
  readonly network?: { readonly id?: string; readonly name?: string };
  readonly shared?: boolean;
  readonly subnetV4?: Named;
  readonly subnetV6?: Named;
  readonly poolV4?: Named;
  readonly poolV6?: Named;
}

/** An existing Neutron object; an id wins over a name. */
export interface Named {
  readonly id?: string;
  readonly name?: string;
}

/** Source: kuryr-libnetwork's documentation of existing networks, subnets and subnetpools. */
export function parseNeutronOptions(options: Readonly<Record<string, unknown>>): NeutronOptions {
  const text = (key: string): string | undefined => {
    const value = options[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const named = (prefix: string): Named | undefined => {
    const [id, name] = [text(`${prefix}.uuid`), text(`${prefix}.name`)];
    if (id !== undefined) return { id };
    return name === undefined ? undefined : { name };
  };
  const shared = text('neutron.net.shared');
  return {
    ...defined('network', named('neutron.net')),
    ...defined('subnetV4', named('neutron.subnet')),
    ...defined('subnetV6', named('neutron.subnet.v6')),
    ...defined('poolV4', named('neutron.pool')),
    ...defined('poolV6', named('neutron.pool.v6')),
    ...defined('shared', shared === undefined ? undefined : /^(1|t|true|on|y|yes)$/i.test(shared)),
  };
}

function defined<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V });
}
