import { Type, type TProperties, type TSchema } from 'typebox';
import { clusterStatuses, healthStatuses } from '../../store/rows.ts';

/**
 * What answers look like, for the API's document; a test holds every answer against it. Schemas with a title
 * stand in the document once, under that name.
 */
const uuid = Type.String({ format: 'uuid' });
const text = Type.String();
const count = Type.Integer({ minimum: 0 });
const flag = Type.Boolean();
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const textOrNull = orNull(text);
const timeOrNull = orNull(
  Type.String({ pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$`, title: 'Time' }),
);
const texts = Type.Array(text);
const textByName = Type.Record(Type.String(), text);
const closed = { additionalProperties: false } as const;

const links = Type.Array(
  Type.Object(
    { href: text, rel: text, type: Type.Optional(text) },
    { ...closed, title: 'Link', description: 'An address of the object.' },
  ),
);

const status = Type.Union(
  clusterStatuses.map((name) => Type.Literal(name)),
  { title: 'Status' },
);

const healthStatus = orNull(Type.Union(healthStatuses.map((name) => Type.Literal(name))));

const times = { created_at: timeOrNull, updated_at: timeOrNull };

const labelDifferences = {
  labels_overridden: textByName,
  labels_added: textByName,
  labels_skipped: textByName,
};

/** The body of a list. @param key name of the list in it */
export function listOf(key: string, item: TSchema): TSchema {
  return Type.Object({ [key]: Type.Array(item), next: Type.Optional(text) }, closed);
}

/** What is answered where the work goes on after the answer. */
export const accepted = Type.Object({ uuid }, { ...closed, title: 'Accepted' });

const templateProperties = {
  uuid,
  name: textOrNull,
  coe: text,
  image_id: text,
  flavor_id: textOrNull,
  master_flavor_id: textOrNull,
  dns_nameserver: textOrNull,
  keypair_id: textOrNull,
  external_network_id: textOrNull,
  fixed_network: textOrNull,
  fixed_subnet: textOrNull,
  network_driver: textOrNull,
  apiserver_port: orNull(Type.Integer()),
  docker_volume_size: orNull(Type.Integer()),
  cluster_distro: textOrNull,
  links,
  http_proxy: textOrNull,
  https_proxy: textOrNull,
  no_proxy: textOrNull,
  volume_driver: textOrNull,
  registry_enabled: flag,
  labels: textByName,
  tls_disabled: flag,
  public: flag,
  server_type: text,
  insecure_registry: textOrNull,
  docker_storage_driver: textOrNull,
  master_lb_enabled: flag,
  floating_ip_enabled: flag,
  project_id: text,
  user_id: text,
  hidden: flag,
  tags: textOrNull,
  driver: textOrNull,
  ...times,
} satisfies TProperties;

export const clusterTemplate = Type.Object(templateProperties, { ...closed, title: 'ClusterTemplate' });

const { driver: _driver, ...propertiesBeforeDrivers } = templateProperties;

/** A cluster template of the releases in which none could name its driver. */
export const templateBeforeDrivers = Type.Object(propertiesBeforeDrivers, {
  ...closed,
  title: 'ClusterTemplate',
});

const clusterInLists = {
  uuid,
  name: text,
  cluster_template_id: uuid,
  keypair: textOrNull,
  node_count: count,
  master_count: count,
  docker_volume_size: orNull(Type.Integer()),
  labels: textByName,
  master_flavor_id: textOrNull,
  flavor_id: textOrNull,
  create_timeout: orNull(Type.Integer()),
  links,
  stack_id: Type.Optional({ ...textOrNull, description: 'Up to version 1.12.' }),
  cluster_id: Type.Optional({
    ...textOrNull,
    description: 'From version 1.13 on: what stack_id was before.',
  }),
  status,
  health_status: healthStatus,
  merge_labels: Type.Literal(false),
} satisfies TProperties;

export const clusterInList = Type.Object(clusterInLists, { ...closed, title: 'ClusterInList' });

/** Besides what lists show; bays have it as well. */
const inFull = {
  status_reason: textOrNull,
  discovery_url: textOrNull,
  api_address: textOrNull,
  coe_version: textOrNull,
  container_version: textOrNull,
  node_addresses: texts,
  master_addresses: texts,
  fixed_network: textOrNull,
  fixed_subnet: textOrNull,
  floating_ip_enabled: flag,
  master_lb_enabled: flag,
  ...times,
} satisfies TProperties;

const faults = Type.Optional(Type.Record(Type.String(), textOrNull));

export const cluster = Type.Object(
  {
    ...clusterInLists,
    ...inFull,
    health_status_reason: textByName,
    project_id: text,
    user_id: text,
    faults,
    ...labelDifferences,
  },
  { ...closed, title: 'Cluster' },
);

const nodegroupInLists = {
  uuid,
  name: text,
  flavor_id: textOrNull,
  image_id: textOrNull,
  node_count: count,
  role: text,
  min_node_count: count,
  max_node_count: orNull(count),
  is_default: flag,
  stack_id: textOrNull,
  status: orNull(status),
  merge_labels: Type.Literal(false),
} satisfies TProperties;

export const nodegroupInList = Type.Object(nodegroupInLists, { ...closed, title: 'NodeGroupInList' });

export const nodegroup = Type.Object(
  {
    id: Type.Integer(),
    ...nodegroupInLists,
    cluster_id: uuid,
    project_id: text,
    docker_volume_size: orNull(Type.Integer()),
    labels: textByName,
    links,
    node_addresses: texts,
    status_reason: textOrNull,
    version: textOrNull,
    ...labelDifferences,
    node_labels: textByName,
    node_taints: Type.Array(
      Type.Object({ key: text, value: Type.Optional(text), effect: text }, { ...closed, title: 'NodeTaint' }),
    ),
    ...times,
  },
  { ...closed, title: 'NodeGroup' },
);

/** A node group that was ordered. */
export const nodegroupOrdered = Type.Object(
  {
    uuid,
    name: text,
    cluster_id: uuid,
    project_id: text,
    docker_volume_size: Type.Optional(Type.Integer()),
    labels: textByName,
    links,
    flavor_id: textOrNull,
    image_id: textOrNull,
    node_count: count,
    role: text,
    min_node_count: count,
    max_node_count: orNull(count),
    merge_labels: Type.Literal(false),
    ...labelDifferences,
    node_labels: textByName,
    node_taints: nodegroup.properties.node_taints,
  },
  { ...closed, title: 'NodeGroupOrdered' },
);

export const certificate = Type.Object(
  {
    cluster_uuid: uuid,
    bay_uuid: Type.Optional(uuid),
    links,
    pem: text,
    csr: Type.Optional(text),
    ca_cert_type: Type.Optional(text),
  },
  { ...closed, title: 'Certificate' },
);

export const quota = Type.Object(
  {
    id: Type.Optional(Type.Integer()),
    hard_limit: Type.Integer(),
    project_id: text,
    resource: text,
    created_at: Type.Optional(timeOrNull),
    updated_at: Type.Optional(timeOrNull),
  },
  { ...closed, title: 'Quota' },
);

export const magnumService = Type.Object(
  {
    host: text,
    binary: text,
    state: Type.Union([Type.Literal('up'), Type.Literal('down')]),
    id: Type.Integer(),
    report_count: Type.Integer(),
    disabled: flag,
    disabled_reason: textOrNull,
    ...times,
  },
  { ...closed, title: 'MagnumService' },
);

export const stats = Type.Object({ clusters: count, nodes: count }, { ...closed, title: 'Stats' });

/** A JSON patch. */
export const patch = Type.Array(
  Type.Object(
    {
      op: Type.Union([Type.Literal('add'), Type.Literal('replace'), Type.Literal('remove')]),
      path: Type.String({ pattern: '^/', description: '/name, or /labels/key' }),
      value: Type.Optional(Type.Unknown()),
    },
    { title: 'PatchOperation' },
  ),
  { title: 'Patch' },
);

const errorBody = Type.Object({
  request_id: text,
  code: text,
  status: Type.Optional(Type.Integer()),
  title: text,
  detail: Type.Optional(text),
  links: Type.Array(Type.Unknown()),
});

/** What refusals and failures look like. */
export const errors = Type.Object(
  { errors: Type.Array(errorBody, { minItems: 1 }) },
  { ...closed, title: 'Errors' },
);

/** keystonemiddleware's refusal. */
export const unauthenticated = Type.Object(
  { error: Type.Object({ code: Type.Integer(), title: text, message: text }) },
  { ...closed, title: 'Unauthenticated' },
);

const { project_id: _project, user_id: _user, ...baymodelProperties } = propertiesBeforeDrivers;

/** A cluster template by the name and with the fields it had before. */
export const baymodel = Type.Object(baymodelProperties, { ...closed, title: 'BayModel' });

const {
  cluster_template_id: baymodel_id,
  create_timeout: bay_create_timeout,
  keypair: _keypair,
  cluster_id: _cluster,
  health_status: _health,
  merge_labels: _merge,
  ...sharedWithBays
} = clusterInLists;

const bayInLists = {
  ...sharedWithBays,
  baymodel_id,
  bay_create_timeout,
  stack_id: textOrNull,
} satisfies TProperties;

export const bayInList = Type.Object(bayInLists, { ...closed, title: 'BayInList' });

/** A cluster by the name and with the fields it had before. */
export const bay = Type.Object(
  {
    ...bayInLists,
    ...inFull,
    bay_faults: faults,
  },
  { ...closed, title: 'Bay' },
);

export const federation = Type.Object(
  {
    uuid,
    name: text,
    hostcluster_id: text,
    member_ids: texts,
    status: orNull(status),
    status_reason: Type.Optional(textOrNull),
    properties: textByName,
    links,
    created_at: Type.Optional(timeOrNull),
    updated_at: Type.Optional(timeOrNull),
  },
  { ...closed, title: 'Federation' },
);
