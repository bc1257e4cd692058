/** An extension as Neutron lists it. */
export interface Extension {
  readonly name: string;
  readonly alias: string;
  readonly description: string;
  readonly updated: string;
  readonly links: readonly never[];
}

/** What this Neutron really does beyond its core; clients look here before they ask for more. */
export const EXTENSIONS: readonly Extension[] = [
  extension('agent', 'agent', 'Agents and whether they are alive.', '2013-02-03T10:00:00-00:00'),
  extension(
    'allowed-address-pairs',
    'Allowed Address Pairs',
    'Further addresses of a port.',
    '2013-07-23T10:00:00-00:00',
  ),
  extension(
    'availability_zone',
    'Availability Zone',
    'Zones of networks and routers.',
    '2015-01-01T10:00:00-00:00',
  ),
  extension('binding', 'Port Binding', 'Where and how a port is plugged in.', '2014-02-03T10:00:00-00:00'),
  extension(
    'default-subnetpools',
    'Default Subnetpools',
    'A pool that is used unless another is named.',
    '2016-02-18T18:00:00-00:00',
  ),
  extension(
    'ext-gw-mode',
    'Neutron L3 Configurable external gateway mode',
    'Source NAT at a gateway, or not.',
    '2013-03-28T10:00:00-00:00',
  ),
  extension(
    'external-net',
    'Neutron external network',
    'Networks that lead outside.',
    '2013-01-14T10:00:00-00:00',
  ),
  extension('extraroute', 'Neutron Extra Route', 'Static routes of a router.', '2013-02-01T10:00:00-00:00'),
  extension(
    'filter-validation',
    'Filter parameters validation',
    'Unknown filters are refused.',
    '2018-07-04T10:00:00-00:00',
  ),
  extension(
    'fip-port-details',
    'Floating IP Port Details Extension',
    'A floating IP shows its port.',
    '2018-04-09T10:00:00-00:00',
  ),
  extension(
    'ip-substring-filtering',
    'IP address substring filtering',
    'Ports by a part of their address.',
    '2017-11-28T09:00:00-00:00',
  ),
  extension('net-mtu', 'Network MTU', 'The MTU of a network.', '2015-03-25T10:00:00-00:00'),
  extension(
    'net-mtu-writable',
    'Network MTU (writable)',
    'The MTU of a network can be set.',
    '2017-07-12T00:00:00-00:00',
  ),
  extension(
    'network-ip-availability',
    'Network IP Availability',
    'How many addresses are in use.',
    '2015-09-24T00:00:00-00:00',
  ),
  extension(
    'network_availability_zone',
    'Network Availability Zone',
    'Zone hints of a network.',
    '2015-01-01T10:00:00-00:00',
  ),
  extension('pagination', 'Pagination support', 'Listings by pages.', '2016-06-12T00:00:00-00:00'),
  extension(
    'port-security',
    'Port Security',
    'Filtering can be switched off for a port.',
    '2012-07-23T10:00:00-00:00',
  ),
  extension(
    'port-security-groups-filtering',
    'Port filtering on security groups',
    'Ports by their security groups.',
    '2018-01-09T09:00:00-00:00',
  ),
  extension(
    'project-id',
    'project_id field enabled',
    'Owners are called project_id too.',
    '2016-09-09T09:09:09-09:09',
  ),
  extension('provider', 'Provider Network', 'How a network is realised.', '2012-09-07T10:00:00-00:00'),
  extension('quotas', 'Quota management support', 'Limits of a project.', '2012-07-29T10:00:00-00:00'),
  extension(
    'quota-check-limit',
    'Quota engine limit check',
    'New limits below what is used can be refused.',
    '2021-09-08T16:00:00-00:00',
  ),
  extension(
    'quota_details',
    'Quota details management support',
    'Limits and what is used of them.',
    '2017-02-10T10:00:00-00:00',
  ),
  extension(
    'revision-if-match',
    'If-Match constraints based on revision_number',
    'Changes only at a known revision.',
    '2016-12-11T00:00:00-00:00',
  ),
  extension(
    'router',
    'Neutron L3 Router',
    'Routers, gateways and floating IPs.',
    '2012-07-20T10:00:00-00:00',
  ),
  extension(
    'router_availability_zone',
    'Router Availability Zone',
    'Zone hints of a router.',
    '2015-01-01T10:00:00-00:00',
  ),
  extension(
    'security-group',
    'security-group',
    'Groups of rules that filter a port.',
    '2012-10-05T10:00:00-00:00',
  ),
  extension(
    'security-groups-normalized-cidr',
    'Normalized CIDR field for security group rules',
    "A rule's prefix without host bits.",
    '2020-07-28T10:00:00-00:00',
  ),
  extension('sorting', 'Sorting support', 'Listings in an asked-for order.', '2016-06-12T00:00:00-00:00'),
  extension(
    'standard-attr-description',
    'standard-attr-description',
    'Everything can be described.',
    '2016-02-10T10:00:00-00:00',
  ),
  extension(
    'standard-attr-revisions',
    'Resource revision numbers',
    'Everything counts its changes.',
    '2016-04-11T10:00:00-00:00',
  ),
  extension(
    'standard-attr-tag',
    'Tag support for resources with standard attribute: port, subnet, subnetpool, network, security_group, router, floatingip',
    'Everything can be tagged.',
    '2017-01-01T00:00:00-00:00',
  ),
  extension(
    'standard-attr-timestamp',
    'Resource timestamps',
    'Everything knows when it was made and changed.',
    '2016-09-12T10:00:00-00:00',
  ),
  extension(
    'subnet-service-types',
    'Subnet service types',
    'Subnets for one kind of device only.',
    '2016-03-15T18:00:00-00:00',
  ),
  extension(
    'subnet_allocation',
    'Subnet Allocation',
    'Subnets cut out of a pool.',
    '2015-03-30T10:00:00-00:00',
  ),
  extension(
    'tag-creation',
    'Tag creation extension',
    'Several tags added in one request.',
    '2024-07-23T10:00:00-00:00',
  ),
  extension(
    'tag-ports-during-bulk-creation',
    'Tag Ports During Bulk Creation',
    'Ports made with their tags.',
    '2019-12-29T19:00:00-00:00',
  ),
];

function extension(alias: string, name: string, description: string, updated: string): Extension {
  return { name, alias, description, updated, links: [] };
}
