import { Type, type Static, type TSchema } from 'typebox';
import {
  Closed,
  IpAddress,
  Metadata,
  Name,
  Nullable,
  OsBoolean,
  OsInteger,
  parseBody,
  Uuid,
} from '../http/openstack-schema.ts';

export const Tag = Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' });
export const Description = Nullable(Type.String({ maxLength: 255 }));
export const Personality = Type.Array(
  Closed({ path: Type.String(), contents: Type.String({ format: 'base64' }) }),
);
export const UserData = Type.String({ format: 'base64', maxLength: 65535 });
export const DiskConfig = Type.Union([Type.Literal('AUTO'), Type.Literal('MANUAL')]);
export const Hostname = Type.String({
  pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$',
  minLength: 2,
  maxLength: 63,
});
export const AccessIPv4 = Type.Union([Type.String({ format: 'ipv4' }), Type.String({ maxLength: 0 })]);
export const AccessIPv6 = Type.Union([Type.String({ format: 'ipv6' }), Type.String({ maxLength: 0 })]);

const Network = Closed({
  uuid: Type.Optional(Nullable(Uuid)),
  port: Type.Optional(Nullable(Uuid)),
  fixed_ip: Type.Optional(IpAddress),
  tag: Type.Optional(Tag),
});

const Device = Closed({
  source_type: Type.Optional(
    Type.Union([
      Type.Literal('volume'),
      Type.Literal('image'),
      Type.Literal('snapshot'),
      Type.Literal('blank'),
    ]),
  ),
  destination_type: Type.Optional(Type.Union([Type.Literal('local'), Type.Literal('volume')])),
  uuid: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._-]*$' }))),
  image_id: Type.Optional(Uuid),
  volume_id: Type.Optional(Uuid),
  snapshot_id: Type.Optional(Uuid),
  boot_index: Type.Optional(
    Type.Union([Type.Integer(), Type.String({ pattern: '^-?[0-9]+$' }), Type.Null()]),
  ),
  volume_size: Type.Optional(OsInteger({ minimum: 1, maximum: 0x7fffffff })),
  volume_type: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
  device_name: Type.Optional(
    Nullable(Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._/-]*$' })),
  ),
  delete_on_termination: Type.Optional(OsBoolean),
  guest_format: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
  device_type: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
  disk_bus: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
  no_device: Type.Optional(Type.Any()),
  virtual_name: Type.Optional(Type.String({ maxLength: 255 })),
  connection_info: Type.Optional(Type.String()),
  tag: Type.Optional(Tag),
});
export type DeviceBody = Static<typeof Device>;

const Server = {
  name: Name,
  flavorRef: Type.Union([Type.String({ minLength: 1 }), Type.Integer()]),
  imageRef: Type.Optional(Type.Union([Uuid, Type.String({ maxLength: 0 })])),
  adminPass: Type.Optional(Type.String()),
  metadata: Type.Optional(Metadata),
  networks: Type.Optional(Type.Union([Type.Array(Network), Type.Literal('auto'), Type.Literal('none')])),
  'OS-DCF:diskConfig': Type.Optional(DiskConfig),
  accessIPv4: Type.Optional(AccessIPv4),
  accessIPv6: Type.Optional(AccessIPv6),
  personality: Type.Optional(Personality),
  availability_zone: Type.Optional(Name),
  block_device_mapping: Type.Optional(Type.Array(Device)),
  block_device_mapping_v2: Type.Optional(Type.Array(Device)),
  config_drive: Type.Optional(OsBoolean),
  key_name: Type.Optional(Name),
  min_count: Type.Optional(OsInteger({ minimum: 1 })),
  max_count: Type.Optional(OsInteger({ minimum: 1 })),
  return_reservation_id: Type.Optional(OsBoolean),
  security_groups: Type.Optional(Type.Array(Closed({ name: Name }))),
  user_data: Type.Optional(UserData),
  description: Type.Optional(Description),
  tags: Type.Optional(Type.Array(Tag, { maxItems: 50 })),
  trusted_image_certificates: Type.Optional(Nullable(Type.Array(Type.String({ minLength: 1 })))),
  host: Type.Optional(Type.String({ pattern: '^[a-zA-Z0-9-._]*$', minLength: 1, maxLength: 255 })),
  hypervisor_hostname: Type.Optional(
    Type.String({ pattern: '^[a-zA-Z0-9-._]*$', minLength: 1, maxLength: 255 }),
  ),
  hostname: Type.Optional(Hostname),
};

/** The microversion with which Nova's create body got a property. */
const SINCE: Readonly<Record<string, number>> = {
  description: 19,
  tags: 52,
  trusted_image_certificates: 63,
  host: 74,
  hypervisor_hostname: 74,
  hostname: 90,
};

const Group = Type.Union([Uuid, Type.Array(Uuid)]);
const Hints = Type.Object({ group: Type.Optional(Group) });

const whole = bodyOf(Server);
export type CreateServerBody = Static<typeof whole>;

function bodyOf<T extends Record<string, TSchema>>(server: T) {
  return Closed({
    server: Closed(server),
    'os:scheduler_hints': Type.Optional(Hints),
    'OS-SCH-HNT:scheduler_hints': Type.Optional(Hints),
  });
}

const schemas = new Map<number, TSchema>();

/** The schema of one microversion: without what came later, `networks` required from 2.37 on, `personality` gone with 2.57. */
function schemaFor(minor: number): TSchema {
  const known = schemas.get(minor);
  if (known) return known;
  const properties: Record<string, TSchema> = {};
  for (const [name, schema] of Object.entries(Server)) {
    if ((SINCE[name] ?? 0) > minor || (name === 'personality' && minor >= 57)) continue;
    properties[name] = schema;
  }
  if (minor >= 37) {
    properties['networks'] = Type.Union([Type.Array(Network), Type.Literal('auto'), Type.Literal('none')]);
  } else {
    properties['networks'] = Type.Optional(Type.Array(Network));
  }
  const schema = bodyOf(properties);
  schemas.set(minor, schema);
  return schema;
}

/** @throws SchemaError as Nova of that microversion words it */
export function parseCreateServer(minor: number, body: unknown): CreateServerBody {
  return parseBody(schemaFor(minor), body) as CreateServerBody;
}
