/** Where everything of the harness listens: on the loopback, at the ports that OpenStack's services usually have. */
export const ports = {
  mariadb: 3306,
  epmd: 14369,
  rabbitmq: 5672,
  memcached: 11211,
  'etcd-discovery': 8087,
  keystone: 5000,
  'glance-api': 9292,
  'placement-api': 8778,
  'neutron-server': 9696,
  'nova-api': 8774,
  'heat-api': 8004,
  'magnum-api': 9511,
} as const;

/** Of every user, of the services' and of people: nothing listens off the loopback. */
export const password = 'secret';

/** The name of the one host that Nova, Neutron and Magnum know; the machine's own may change between two starts. */
export const host = 'openstack';

export const serviceUrl = {
  keystone: `http://127.0.0.1:${ports.keystone}`,
  glance: `http://127.0.0.1:${ports['glance-api']}`,
  placement: `http://127.0.0.1:${ports['placement-api']}`,
  neutron: `http://127.0.0.1:${ports['neutron-server']}`,
  nova: `http://127.0.0.1:${ports['nova-api']}`,
  heat: `http://127.0.0.1:${ports['heat-api']}`,
  magnum: `http://127.0.0.1:${ports['magnum-api']}`,
} as const;

const url = (name: string) =>
  `mysql+pymysql://openstack:${password}@127.0.0.1:${ports.mariadb}/${name}?charset=utf8`;

/** Every service's database, as SQLAlchemy's URL. */
export const databases = {
  keystone: url('keystone'),
  glance: url('glance'),
  placement: url('placement'),
  nova: url('nova'),
  nova_api: url('nova_api'),
  nova_cell0: url('nova_cell0'),
  neutron: url('neutron'),
  heat: url('heat'),
  magnum: url('magnum'),
} as const;
