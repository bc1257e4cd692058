import {
  computeClient,
  EndpointNotFound,
  imageClient,
  networkClient,
  OpenStackError,
  orUndefined,
  volumeClient,
  type Flavor,
  type Image,
  type Session,
} from '@gantry/openstack';
import {
  badRequest,
  conflict,
  forbidden,
  MagnumError,
  notFound,
  unavailable,
} from '../../clusters/errors.ts';
import { asUuid } from '../wire/ident.ts';

/** What a template or cluster refers to in the user's cloud. Undefined and null are not looked at. */
export interface CloudReferences {
  readonly image?: string | null | undefined;
  readonly flavor?: string | null | undefined;
  readonly masterFlavor?: string | null | undefined;
  readonly externalNetwork?: string | null | undefined;
  readonly fixedNetwork?: string | null | undefined;
  readonly fixedSubnet?: string | null | undefined;
  readonly volumeTypes?: readonly string[];
  readonly keypair?: string | null | undefined;
}

export interface CloudFindings {
  readonly image: Image | undefined;
  readonly flavors: readonly Flavor[];
}

/**
 * Looks up everything side by side, in the name of whoever the session is of. When several are wrong, the first in
 * the order of the fields above is told, as the original does, which asks one after the other.
 *
 * @throws MagnumError naming what isn't there: 400, for a key pair 404, 409 for a name that several have
 */
export async function checkCloud(session: Session, references: CloudReferences): Promise<CloudFindings> {
  const image = look(references.image, (ident) => findImage(session, ident));
  const findFlavor = flavorFinder(session);
  const flavor = look(references.flavor, findFlavor);
  const same = references.masterFlavor === references.flavor;
  const masterFlavor = same ? flavor : look(references.masterFlavor, findFlavor);
  const rest = [
    look(references.externalNetwork, (ident) => findNetwork(session, ident, 'external')),
    look(references.fixedNetwork, (ident) => findNetwork(session, ident, 'fixed')),
    look(references.fixedSubnet, (ident) => findSubnet(session, ident)),
    checkVolumeTypes(session, references.volumeTypes ?? []),
    look(references.keypair, (name) => checkKeypair(session, name)),
  ];
  await Promise.allSettled([image, flavor, masterFlavor, ...rest]);
  try {
    const found = await image;
    const flavors = [await flavor, await masterFlavor].filter((item) => item !== undefined);
    for (const check of rest) await check;
    return { image: found, flavors };
  } catch (error) {
    throw explained(error);
  }
}

async function look<T>(
  ident: string | null | undefined,
  find: (ident: string) => Promise<T>,
): Promise<T | undefined> {
  return ident === null || ident === undefined ? undefined : find(ident);
}

async function findImage(session: Session, ident: string): Promise<Image> {
  const images = imageClient(session);
  const byId = asUuid(ident) === undefined ? undefined : await orUndefined(images.get(ident));
  if (byId) return byId;
  const named = await images.list({ name: ident });
  return theOne(named, {
    none: () => badRequest(`Image ${ident} could not be found.`),
    several: () =>
      conflict(`Multiple images exist with same name '${ident}'. Please use the image ID instead.`),
  });
}

/**
 * Nova doesn't look for names: whoever gives some shares one listing. Ids can be any text, and the listing has those too,
 * but for an administrator not of private flavors.
 */
function flavorFinder(session: Session): (ident: string) => Promise<Flavor> {
  const { flavors } = computeClient(session);
  let listing: Promise<Flavor[]> | undefined;
  async function direct(ident: string): Promise<Flavor | undefined> {
    return /^[\w.-]+$/.test(ident) ? orUndefined(flavors.get(ident)) : undefined;
  }
  async function listed(ident: string): Promise<Flavor | undefined> {
    listing ??= flavors.list();
    const all = await listing;
    return all.find(({ id }) => id === ident) ?? all.find(({ name }) => name === ident);
  }
  return async (ident) => {
    const isId = /^\d+$/.test(ident) || asUuid(ident) !== undefined;
    const [first, then] = isId ? [direct, listed] : [listed, direct];
    const found = (await first(ident)) ?? (await then(ident));
    if (found) return found;
    throw badRequest(`Unable to find flavor ${ident}.`);
  };
}

async function findNetwork(session: Session, ident: string, kind: 'external' | 'fixed'): Promise<void> {
  const { networks } = networkClient(session);
  const wanted = { fields: 'id', ...(kind === 'external' && { 'router:external': true }) };
  const byId = asUuid(ident) === undefined ? [] : await networks.list({ id: ident, ...wanted });
  const found = byId.length > 0 ? byId : await networks.list({ name: ident, ...wanted });
  theOne(found, {
    none: () => badRequest(`Unable to find ${kind} network ${ident}.`),
    several: () =>
      conflict(
        `Multiple ${kind} networks exist with same name '${ident}'. Please use the ${kind} network ID instead.`,
      ),
  });
}

async function findSubnet(session: Session, ident: string): Promise<void> {
  const { subnets } = networkClient(session);
  const byId = asUuid(ident) === undefined ? [] : await subnets.list({ id: ident, fields: 'id' });
  const found = byId.length > 0 ? byId : await subnets.list({ name: ident, fields: 'id' });
  theOne(found, {
    none: () => badRequest(`Unable to find fixed subnet ${ident}.`),
    several: () =>
      conflict(
        `Multiple fixed subnets exist with same name '${ident}'. Please use the fixed subnet ID instead.`,
      ),
  });
}

/** Clouds without Cinder have no types; a stack with volumes fails there with a reason of its own. */
async function checkVolumeTypes(session: Session, wanted: readonly string[]): Promise<void> {
  if (wanted.length === 0) return;
  try {
    const types = await volumeClient(session).types.list();
    const missing = wanted.find((ident) => !types.some(({ id, name }) => id === ident || name === ident));
    if (missing !== undefined) throw badRequest(`Volume type ${missing} could not be found.`);
  } catch (error) {
    if (!(error instanceof EndpointNotFound)) throw error;
  }
}

async function checkKeypair(session: Session, name: string): Promise<void> {
  const found = await orUndefined(computeClient(session).keypairs.get(name));
  if (!found) throw notFound(`Unable to find keypair ${name}.`);
}

function theOne<T>(
  found: readonly T[],
  refusals: { readonly none: () => MagnumError; readonly several: () => MagnumError },
): T {
  const [first] = found;
  if (first === undefined) throw refusals.none();
  if (found.length > 1) throw refusals.several();
  return first;
}

/** A neighbour's failure as the user is told of it. */
function explained(error: unknown): unknown {
  if (error instanceof EndpointNotFound) return unavailable(`${error.message}.`, error);
  if (!(error instanceof OpenStackError)) return error;
  if (error.status === 401)
    return new MagnumError(401, 'The token has ended or was revoked.', { cause: error });
  if (error.status === 403) return forbidden(`The cloud doesn't let you look: ${error.reason}`, error);
  return unavailable(`The cloud could not be asked: ${error.message}`, error);
}
