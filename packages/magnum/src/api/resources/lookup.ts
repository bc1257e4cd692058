import type { RequestContext } from '@gantry/oslo';
import {
  ambiguousCluster,
  ambiguousTemplate,
  clusterNotFound,
  templateNotFound,
} from '../../clusters/errors.ts';
import type { Cluster, ClusterTemplate } from '../../store/rows.ts';
import type { ClusterShown, Store, TemplateIdent, Visibility } from '../../store/store.ts';
import { identOf } from '../wire/ident.ts';
import { enforce, targetOf, type AcrossProjects, type Policies } from '../policy/policies.ts';

/** What a caller may see: a project's, or, without one, their own. */
export function visibleTo(context: RequestContext): Visibility {
  return context.projectId === undefined ? { userId: context.userId } : { projectId: context.projectId };
}

/**
 * The same, but for administrators all of it, where the original lets them cross projects.
 *
 * @throws MagnumError 403 for an administrator whom the rule refuses, be it about a thing of their own project
 */
export function visibleAcross(policies: Policies, rule: AcrossProjects, context: RequestContext): Visibility {
  if (!context.isAdmin) return visibleTo(context);
  enforce(policies, rule, context, targetOf(context));
  return 'all';
}

/** Where the original doesn't let them cross: administrators whom the rule refuses see what they see there. */
export function visibleBeyond(policies: Policies, rule: AcrossProjects, context: RequestContext): Visibility {
  const beyond = context.isAdmin && policies.allows(rule, context, targetOf(context));
  return beyond ? 'all' : visibleTo(context);
}

/** @throws MagnumError 404, or 409 for a name that several clusters have */
export async function oneCluster(store: Store, ident: string, visible: Visibility): Promise<Cluster> {
  const [first, second] = await store.clusters.find(identOf(ident), visible);
  if (!first) throw clusterNotFound(ident);
  if (second) throw ambiguousCluster();
  return first;
}

/** With all that is shown of it. @throws MagnumError as {@link oneCluster} */
export async function shownCluster(store: Store, ident: string, visible: Visibility): Promise<ClusterShown> {
  const wanted = identOf(ident);
  const uuid = 'uuid' in wanted ? wanted.uuid : (await oneCluster(store, ident, visible)).uuid;
  const shown = await store.clusters.shown(uuid, visible);
  if (!shown) throw clusterNotFound(ident);
  return shown;
}

/** @throws MagnumError 404, or 409 for a name that several templates have */
export async function oneTemplate(
  store: Store,
  ident: TemplateIdent | string,
  visible: Visibility,
): Promise<ClusterTemplate> {
  const wanted = typeof ident === 'string' ? identOf(ident) : ident;
  const [first, second] = await store.templates.find(wanted, visible);
  if (!first) throw templateNotFound(typeof ident === 'string' ? ident : String(Object.values(ident)[0]));
  if (second) throw ambiguousTemplate();
  return first;
}
