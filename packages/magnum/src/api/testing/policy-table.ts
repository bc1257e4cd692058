import { pathOf } from '../openapi.ts';
import { policyDefaults } from '../policy/policy-defaults.ts';
import { PEOPLE, outcomesOf, type Person } from './policy-outcomes.ts';
import type { Route } from '../wire/route.ts';
import { routesInTest } from './routes-in-test.ts';

const people = Object.keys(PEOPLE) as Person[];
const BEFORE = { OS_OSLO_POLICY__ENFORCE_NEW_DEFAULTS: 'false' };
const ANY_SCOPE = { OS_OSLO_POLICY__ENFORCE_SCOPE: 'false' };

/** What docs/policies.md says of the routes, each as Markdown. */
export interface RouteTables {
  /** Every route, the rules it names, and what each kind of caller is answered about things of project `p1`. */
  readonly asShipped: string;
  /** The rows that are others where the old defaults count as well. */
  readonly oldDefaults: string;
  /** What a token of the system is answered where scopes don't count. */
  readonly anyScope: string;
}

export async function routeTables(): Promise<RouteTables> {
  const asShipped: string[][] = [];
  const oldDefaults: string[][] = [];
  const anyScope: string[][] = [];
  for (const route of tabledRoutes()) {
    const name = `${route.method} ${pathOf(route)}`;
    const statuses = async (who: readonly Person[], settings: Record<string, string>): Promise<string[]> =>
      (await outcomesOf(route, who, settings)).map(({ status }) => String(status));
    const shipped = await statuses(people, {});
    asShipped.push([name, route.policies.map((rule) => `\`${rule}\``).join(', '), ...shipped]);
    const before = await statuses(people, BEFORE);
    if (before.join() !== shipped.join()) oldDefaults.push([name, ...before]);
    const scopeless = await statuses(['system'], ANY_SCOPE);
    const both = await statuses(['system'], { ...BEFORE, ...ANY_SCOPE });
    anyScope.push([name, ...scopeless, ...both]);
  }
  return {
    asShipped: markdown(['Route', 'Rules', ...Object.values(PEOPLE)], asShipped),
    oldDefaults: markdown(['Route', ...Object.values(PEOPLE)], oldDefaults),
    anyScope: markdown(['Route', 'new defaults', 'and the old'], anyScope),
  };
}

/** Every rule, as Magnum ships it, and what it was before. */
export function ruleTable(): string {
  const cell = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
  const rows = policyDefaults.map(({ name, check, deprecated }) => [
    cell(name),
    cell(check),
    deprecated === undefined ? '' : cell(deprecated.check),
  ]);
  return markdown(['Rule', 'Default', 'Also, unless enforce_new_defaults'], rows);
}

/** All but the stream, which doesn't end and has the rule of the list beside it. */
function tabledRoutes(): Route[] {
  return routesInTest().filter(({ answers }) => answers !== 'text/event-stream');
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
