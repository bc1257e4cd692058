import { randomUUID } from 'node:crypto';

/** `req-<uuid>`, as every OpenStack service answers it in `x-openstack-request-id`. */
export function newRequestId(uuid: () => string = randomUUID): string {
  return `req-${uuid()}`;
}
