import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, conflict, Fault, projectCaller, requireAdmin } from '../http/fault.ts';
import { Closed, Metadata, Name, Nullable, OsInteger, parseBody, Uuid } from '../http/openstack-schema.ts';
import { bootImage, imageProperties } from './asked-disks.ts';
import { hrefOf, minor, type ComputeContext } from './context.ts';
import { randomText } from './create-server.ts';
import { findServer } from './find-server.ts';
import { visibleFlavor } from './flavors.ts';
import { ask } from './neighbour.ts';
import { networkViews, NO_NETWORK } from './network-view.ts';
import { requireQuota } from './quota.ts';
import { recordAction } from './server-actions-log.ts';
import { Description, DiskConfig, Hostname, UserData } from './server-body.ts';
import { deleteSoon } from './server-routes.ts';
import { changeServer } from './server-row.ts';
import { changeSecurityGroups } from './server-security-groups.ts';
import { requireState, requireUnlocked } from './server-state.ts';
import { serverView } from './server-view.ts';
import { POWER, type Job, type OwnFlavor, type ServerRow, type VmState } from './tables.ts';

/** One action: what it asks for is the value under its name in the body. */
type Action = (
  request: FastifyRequest,
  reply: FastifyReply,
  server: ServerRow,
  asked: unknown,
) => Promise<unknown>;

const Reboot = Closed({
  type: Type.Union([Type.Literal('HARD'), Type.Literal('SOFT'), Type.Literal('hard'), Type.Literal('soft')]),
});
const Resize = Closed({
  flavorRef: Type.Union([Type.String({ minLength: 1 }), Type.Integer()]),
  'OS-DCF:diskConfig': Type.Optional(DiskConfig),
});
const Rebuild = Closed({
  imageRef: Uuid,
  name: Type.Optional(Name),
  adminPass: Type.Optional(Type.String()),
  metadata: Type.Optional(Metadata),
  preserve_ephemeral: Type.Optional(Type.Any()),
  'OS-DCF:diskConfig': Type.Optional(DiskConfig),
  accessIPv4: Type.Optional(Type.String()),
  accessIPv6: Type.Optional(Type.String()),
  personality: Type.Optional(Type.Array(Type.Any())),
  description: Type.Optional(Description),
  key_name: Type.Optional(Nullable(Name)),
  user_data: Type.Optional(Nullable(UserData)),
  hostname: Type.Optional(Hostname),
  trusted_image_certificates: Type.Optional(Type.Any()),
});
const CreateImage = Closed({ name: Name, metadata: Type.Optional(Metadata) });
const ConsoleOutput = Closed({ length: Type.Optional(Nullable(OsInteger({ minimum: -1 }))) });
const ResetState = Closed({ state: Type.Union([Type.Literal('active'), Type.Literal('error')]) });
const Lock = Nullable(
  Closed({ locked_reason: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) }),
);

export function serverActionRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { hypervisor } = context;

  /** Notes what is to be done, and lets it be done in the background. */
  const order = (
    request: FastifyRequest,
    server: ServerRow,
    name: string,
    job: Job,
    taskState: string,
    patch: Partial<ServerRow> = {},
  ): void => {
    const actionId = recordAction(context, request, server.id, name);
    changeServer(context, server.id, { ...patch, job, taskState, actionId });
    context.work.wake(server.id);
  };

  /** The actions without a body, which all go alike. */
  const simple =
    (name: string, job: Job, taskState: string, states: readonly VmState[]): Action =>
    async (request, reply, server) => {
      requireState(server, name, states);
      order(request, server, name, job, taskState);
      return reply.code(202).send();
    };

  const actions: Record<string, Action> = {
    'os-start': simple('start', { verb: 'start' }, 'powering-on', ['stopped']),
    'os-stop': simple('stop', { verb: 'stop' }, 'powering-off', ['active', 'error']),
    pause: simple('pause', { verb: 'pause' }, 'pausing', ['active']),
    unpause: simple('unpause', { verb: 'unpause' }, 'unpausing', ['paused']),
    suspend: simple('suspend', { verb: 'suspend' }, 'suspending', ['active']),
    resume: simple('resume', { verb: 'resume' }, 'resuming', ['suspended']),
    revertResize: simple('revertResize', { verb: 'revertResize' }, 'resize_reverting', ['resized']),

    async confirmResize(request, reply, server) {
      requireState(server, 'confirmResize', ['resized']);
      order(request, server, 'confirmResize', { verb: 'confirmResize' }, 'resize_confirming');
      return reply.code(204).send();
    },

    async reboot(request, reply, server, asked) {
      const type = parseBody(Reboot, asked).type.toUpperCase() === 'HARD' ? 'HARD' : 'SOFT';
      const states: VmState[] =
        type === 'HARD' ? ['active', 'stopped', 'paused', 'suspended', 'error'] : ['active'];
      requireState(server, 'reboot', states);
      order(
        request,
        server,
        'reboot',
        { verb: 'reboot', type },
        type === 'HARD' ? 'reboot_started_hard' : 'reboot_started',
      );
      return reply.code(202).send();
    },

    async resize(request, reply, server, asked) {
      const id = String(parseBody(Resize, asked).flavorRef).split('/').at(-1) ?? '';
      const caller = projectCaller(request);
      const found = visibleFlavor(context, caller, id);
      if (!found) throw badRequest(`Flavor ${id} could not be found.`);
      if (id === server.flavor.id) throw badRequest('When resizing, instances must change flavor!');
      if (found.disk < server.flavor.disk && found.disk !== 0) {
        throw badRequest('Resize to zero disk flavor is not allowed, nor is one to a smaller disk.');
      }
      requireState(server, 'resize', ['active', 'stopped']);
      const { name, vcpus, ram, disk, ephemeral, swap, extraSpecs } = found;
      const to: OwnFlavor = { id, name, vcpus, ram, disk, ephemeral, swap, extraSpecs };
      requireQuota(context, server.projectId, {
        cores: Math.max(0, to.vcpus - server.flavor.vcpus),
        ram: Math.max(0, to.ram - server.flavor.ram),
      });
      order(request, server, 'resize', { verb: 'resize', to }, 'resize_migrating');
      return reply.code(202).send();
    },

    async rebuild(request, reply, server, asked) {
      const wanted = parseBody(Rebuild, asked);
      requireState(server, 'rebuild', ['active', 'stopped', 'paused', 'suspended', 'error']);
      const caller = projectCaller(request);
      const fromVolume = server.disks.some((disk) => disk.bootIndex === 0 && disk.destination === 'volume');
      const image = await bootImage(context, caller, wanted.imageRef, server.flavor, fromVolume);
      if (fromVolume && image.id !== server.image?.id) {
        throw badRequest('Unable to rebuild with a different image for a volume-backed server.');
      }
      const adminPass = wanted.adminPass ?? randomText(12);
      order(request, server, 'rebuild', { verb: 'rebuild' }, 'rebuilding', {
        image: { id: image.id, properties: imageProperties(image) },
        adminPass,
        ...(wanted.name === undefined ? {} : { name: wanted.name }),
        ...(wanted.metadata === undefined ? {} : { metadata: wanted.metadata }),
        ...(wanted.description === undefined ? {} : { description: wanted.description }),
        ...(wanted.user_data === undefined ? {} : { userData: wanted.user_data ?? undefined }),
        ...(wanted.hostname === undefined ? {} : { hostname: wanted.hostname }),
      });
      const now = context.tables.servers.get(server.id) ?? server;
      const view = (await networkViews(context, [now])).get(now.id) ?? NO_NETWORK;
      reply.code(202).header('location', hrefOf(request, `/servers/${server.id}`));
      return { server: { ...serverView(request, now, view), adminPass } };
    },

    async createImage(request, reply, server, asked) {
      const { name, metadata } = parseBody(CreateImage, asked);
      requireState(server, 'createImage', ['active', 'stopped', 'paused', 'suspended']);
      if (!hypervisor.snapshot) {
        throw badRequest(
          `Snapshots are not supported by the hypervisor of server ${server.id} (${hypervisor.name}).`,
        );
      }
      const image = await ask<{ id: string }>(context.cloud, context.novaCaller(server.projectId), {
        service: 'image',
        method: 'POST',
        path: '/v2/images',
        body: {
          ...server.image?.properties,
          ...metadata,
          name,
          container_format: 'bare',
          disk_format: 'raw',
          visibility: 'private',
          instance_uuid: server.id,
          image_type: 'snapshot',
          base_image_ref: server.image?.id ?? '',
        },
      });
      order(request, server, 'createImage', { verb: 'snapshot', imageId: image.id }, 'image_snapshot');
      reply.code(202).header('location', hrefOf(request, `/images/${image.id}`));
      return minor(request) >= 45 ? { image_id: image.id } : reply.send();
    },

    async 'os-getConsoleOutput'(_request, _reply, server, asked) {
      const { length } = parseBody(ConsoleOutput, asked);
      if (server.host === null) throw conflict(`Instance ${server.id} is not ready`);
      const lines =
        length === undefined || length === null || Number(length) < 0 ? undefined : Number(length);
      return { output: await hypervisor.console(server.id, lines) };
    },

    async lock(request, reply, server, asked) {
      const reason = minor(request) >= 73 ? parseBody(Lock, asked)?.locked_reason : undefined;
      const by = server.projectId === request.caller?.projectId ? 'owner' : 'admin';
      changeServer(context, server.id, { lock: { by, reason: reason ?? null } });
      return reply.code(202).send();
    },

    async unlock(request, reply, server) {
      if (server.lock?.by === 'admin')
        requireAdmin(request, 'os_compute_api:os-lock-server:unlock:unlock_override');
      changeServer(context, server.id, { lock: undefined });
      return reply.code(202).send();
    },

    async 'os-resetState'(request, reply, server, asked) {
      requireAdmin(request, 'os_compute_api:os-admin-actions:reset_state');
      const { state } = parseBody(ResetState, asked);
      changeServer(context, server.id, {
        vmState: state,
        taskState: null,
        ...(state === 'active' ? { powerState: POWER.running } : {}),
      });
      return reply.code(202).send();
    },

    async addSecurityGroup(request, reply, server, asked) {
      await changeSecurityGroups(context, request, server, asked, 'add');
      return reply.code(202).send();
    },

    async removeSecurityGroup(request, reply, server, asked) {
      await changeSecurityGroups(context, request, server, asked, 'remove');
      return reply.code(202).send();
    },

    async forceDelete(request, reply, server) {
      requireUnlocked(server, request.caller?.isAdmin ?? false);
      deleteSoon(context, request, server);
      return reply.code(202).send();
    },

    async changePassword() {
      throw new Fault(501, 'The hypervisor can not set the password of a running server.');
    },
  };
  /** What a locked server still lets its owner do. */
  const unguarded = new Set(['lock', 'unlock', 'os-getConsoleOutput', 'os-resetState', 'createImage']);

  app.post('/servers/:server/action', async (request, reply) => {
    const body = request.body;
    const names = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : [];
    if (names.length === 0) throw badRequest('Malformed request body');
    if (names.length > 1) throw badRequest('There is more than one action in the request body.');
    const [name = ''] = names;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) throw badRequest(`There is no such action: ${name}`);
    const server = findServer(context, request);
    if (!unguarded.has(name)) requireUnlocked(server, request.caller?.isAdmin ?? false);
    return action(request, reply, server, (body as Record<string, unknown>)[name]);
  });
}
