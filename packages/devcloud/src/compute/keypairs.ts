import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { badRequest, conflict, forbidden, notFound, projectCaller } from '../http/fault.ts';
import { Closed, parseBody } from '../http/openstack-schema.ts';
import { minor, param, queryOf, seconds, timestamp, type ComputeContext } from './context.ts';
import { pageOf } from './page.ts';
import { limitOf } from './quota.ts';
import { certificateFingerprint, generateSshKey, sshFingerprint } from './ssh-key.ts';
import type { KeypairRow } from './tables.ts';

const CreateKeypair = Closed({
  keypair: Closed({
    name: Type.String({ format: 'name', minLength: 1, maxLength: 255, pattern: '^[_\\- a-zA-Z0-9]+$' }),
    public_key: Type.Optional(Type.String()),
    type: Type.Optional(Type.Union([Type.Literal('ssh'), Type.Literal('x509')])),
    user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  }),
});

export function keypairId(userId: string, name: string): string {
  return `${userId}/${name}`;
}

export function keypairRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { keypairs } = context.tables;

  const find = (request: FastifyRequest): KeypairRow => {
    const owner = ownerOf(request, queryOf(request)['user_id']);
    const name = param(request, 'keypair');
    const row = keypairs.get(keypairId(owner, name));
    if (!row) throw notFound(`Keypair ${name} not found for user ${owner}`);
    return row;
  };

  app.get('/os-keypairs', async (request) => {
    const owner = ownerOf(request, queryOf(request)['user_id']);
    const own = keypairs.by('user', owner);
    if (minor(request) < 35) return { keypairs: own.map((row) => ({ keypair: view(request, row) })) };
    const { rows, links } = pageOf(request, own, '/os-keypairs', {
      sort: [{ value: ({ name }) => name }],
      markerOf: ({ name }) => name,
    });
    return {
      keypairs: rows.map((row) => ({ keypair: view(request, row) })),
      ...(links ? { keypairs_links: links } : {}),
    };
  });

  app.post('/os-keypairs', async (request, reply) => {
    const { keypair: asked } = parseBody(CreateKeypair, request.body);
    const caller = projectCaller(request);
    const userId = ownerOf(request, asked.user_id);
    const type = asked.type ?? 'ssh';
    if (type === 'x509' && asked.public_key === undefined) {
      throw badRequest('A key pair of type x509 needs the certificate as its public_key.');
    }
    if (keypairs.get(keypairId(userId, asked.name))) {
      throw conflict(`Key pair '${asked.name}' already exists.`);
    }
    if (keypairs.by('user', userId).length >= limitOf(context, caller.projectId, 'key_pairs')) {
      throw forbidden('Quota exceeded, too many key pairs.');
    }
    const generated = asked.public_key === undefined ? await generateSshKey() : undefined;
    const publicKey = generated?.publicKey ?? asked.public_key ?? '';
    const fingerprint = type === 'ssh' ? sshFingerprint(publicKey) : certificateFingerprint(publicKey);
    if (fingerprint === undefined) {
      throw badRequest('Keypair data is invalid: failed to generate fingerprint');
    }
    const row = keypairs.put({
      id: keypairId(userId, asked.name),
      serial: Math.max(0, ...keypairs.all().map(({ serial }) => serial)) + 1,
      name: asked.name,
      userId,
      type,
      publicKey,
      fingerprint,
      createdAt: timestamp(context.cloud),
    });
    return reply.code(minor(request) >= 2 ? 201 : 200).send({
      keypair: {
        ...view(request, row),
        user_id: userId,
        ...(generated ? { private_key: generated.privateKey } : {}),
      },
    });
  });

  app.get('/os-keypairs/:keypair', async (request) => {
    const row = find(request);
    return {
      keypair: {
        ...view(request, row),
        user_id: row.userId,
        id: row.serial,
        created_at: `${seconds(row.createdAt).slice(0, -1)}.000000`,
        deleted: false,
        deleted_at: null,
        updated_at: null,
      },
    };
  });

  app.delete('/os-keypairs/:keypair', async (request, reply) => {
    keypairs.delete(find(request).id);
    return reply.code(minor(request) >= 2 ? 204 : 202).send();
  });
}

function view(request: FastifyRequest, row: KeypairRow): object {
  return {
    name: row.name,
    public_key: row.publicKey,
    fingerprint: row.fingerprint,
    ...(minor(request) >= 2 ? { type: row.type } : {}),
  };
}

/** Another user's only for administrators, and only from 2.10 on. */
function ownerOf(request: FastifyRequest, asked: string | undefined): string {
  const caller = projectCaller(request);
  if (asked === undefined || asked === caller.userId || minor(request) < 10) return caller.userId;
  if (!caller.isAdmin) throw forbidden("Policy doesn't allow os_compute_api:os-keypairs to be performed.");
  return asked;
}
