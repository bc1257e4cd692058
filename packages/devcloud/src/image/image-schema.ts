/** JSON schemas the API publishes; glanceclient builds its models from them. Images API v2. */
export const DISK_FORMATS = [
  'ami',
  'ari',
  'aki',
  'vhd',
  'vhdx',
  'vmdk',
  'raw',
  'qcow2',
  'vdi',
  'iso',
  'ploop',
] as const;

export const CONTAINER_FORMATS = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'] as const;

type Schema = Readonly<Record<string, unknown>>;

const UUID = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$';

function text(description: string, more: Schema = {}): Schema {
  return { type: 'string', description, ...more };
}

function maybeText(description: string, more: Schema = {}): Schema {
  return { type: ['null', 'string'], description, ...more };
}

const READ_ONLY = { readOnly: true };

const IMAGE_PROPERTIES: Schema = {
  id: text('An identifier for the image', { pattern: UUID }),
  name: maybeText('Descriptive name for the image', { maxLength: 255 }),
  status: text('Status of the image', {
    ...READ_ONLY,
    enum: [
      'queued',
      'saving',
      'active',
      'killed',
      'deleted',
      'uploading',
      'importing',
      'pending_delete',
      'deactivated',
    ],
  }),
  visibility: text('Who can see the image', { enum: ['community', 'public', 'private', 'shared'] }),
  protected: { type: 'boolean', description: 'If true, image will not be deletable.' },
  os_hidden: { type: 'boolean', description: 'If true, image will not appear in default list.' },
  checksum: maybeText('MD5 of the image contents.', { ...READ_ONLY, maxLength: 32 }),
  os_hash_algo: maybeText('Algorithm of os_hash_value', { ...READ_ONLY, maxLength: 64 }),
  os_hash_value: maybeText('Digest of the image contents', { ...READ_ONLY, maxLength: 128 }),
  owner: maybeText('Project that owns the image', { maxLength: 255 }),
  size: { type: ['null', 'integer'], description: 'Size of the image file in bytes', ...READ_ONLY },
  virtual_size: { type: ['null', 'integer'], description: 'Size of the disk in bytes', ...READ_ONLY },
  container_format: maybeText('Format of the container', { enum: [null, ...CONTAINER_FORMATS] }),
  disk_format: maybeText('Format of the disk', { enum: [null, ...DISK_FORMATS] }),
  created_at: text('Date and time of the registration', READ_ONLY),
  updated_at: text('Date and time of the last change', READ_ONLY),
  tags: {
    type: 'array',
    description: 'List of strings related to the image',
    items: { type: 'string', maxLength: 255 },
  },
  min_ram: { type: 'integer', description: 'Amount of ram (in MB) required to boot image.' },
  min_disk: { type: 'integer', description: 'Amount of disk space (in GB) required to boot image.' },
  direct_url: text('URL to access the image file kept in external store', READ_ONLY),
  self: text('An image self url', READ_ONLY),
  file: text('An image file url', READ_ONLY),
  schema: text('An image schema url', READ_ONLY),
  stores: text('Store in which the data is', READ_ONLY),
};

const MEMBER_PROPERTIES: Schema = {
  created_at: text('Date and time of image member creation'),
  image_id: text('An identifier for the image', { pattern: UUID }),
  member_id: text('An identifier for the image member (project id)'),
  status: text('The status of this image member', { enum: ['pending', 'accepted', 'rejected'] }),
  updated_at: text('Date and time of last modification of image member'),
  schema: text('A member schema url', READ_ONLY),
};

const image: Schema = {
  name: 'image',
  properties: IMAGE_PROPERTIES,
  additionalProperties: { type: 'string' },
  links: [
    { rel: 'self', href: '{self}' },
    { rel: 'enclosure', href: '{file}' },
    { rel: 'describedby', href: '{schema}' },
  ],
};

const member: Schema = { name: 'member', properties: MEMBER_PROPERTIES };

/** By the last part of their address: `/v2/schemas/image`. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  image,
  images: {
    name: 'images',
    properties: {
      images: { type: 'array', items: image },
      first: { type: 'string' },
      next: { type: 'string' },
      schema: { type: 'string' },
    },
    links: [
      { rel: 'first', href: '{first}' },
      { rel: 'next', href: '{next}' },
      { rel: 'describedby', href: '{schema}' },
    ],
  },
  member,
  members: {
    name: 'members',
    properties: { members: { type: 'array', items: member }, schema: { type: 'string' } },
    links: [{ rel: 'describedby', href: '{schema}' }],
  },
};
