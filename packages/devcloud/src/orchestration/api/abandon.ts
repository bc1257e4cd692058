import { checkIdle } from '../engine/stack-actions.ts';
import type { Engine } from '../engine/engine.ts';
import { bodyOf, filesOf } from '../engine/rows.ts';
import type { StackRow } from '../engine/tables.ts';
import type { Dict } from '../values.ts';

/** Everything about a stack, so that another could take its resources over. */
export function exportStack(engine: Engine, stack: StackRow): Dict {
  const body = bodyOf(engine, stack);
  const rows = engine.tables.resources.by('stack', stack.id).filter((row) => row.current);
  return {
    name: stack.name,
    id: stack.id,
    action: stack.action,
    status: stack.status,
    template: body.template,
    files: filesOf(engine, body),
    environment: body.environment,
    project_id: stack.projectId,
    stack_user_project_id: stack.projectId,
    tags: stack.tags,
    resources: Object.fromEntries(
      rows.map((row) => {
        const child = row.physicalId === null ? undefined : engine.tables.stacks.get(row.physicalId);
        return [
          row.name,
          child
            ? exportStack(engine, child)
            : {
                name: row.name,
                resource_id: row.physicalId,
                type: row.type,
                action: row.action,
                status: row.status,
                metadata: row.metadata,
                resource_data: {},
              },
        ];
      }),
    ),
  };
}

/** Forgets a stack and leaves what it made. @throws HeatError ActionInProgress */
export function abandonStack(engine: Engine, stack: StackRow): Dict {
  checkIdle(stack);
  const exported = exportStack(engine, stack);
  engine.cloud.store.transaction(() => {
    const { stacks, resources, events, bodies } = engine.tables;
    for (const row of stacks.by('root', stack.id)) {
      for (const table of [resources, events, bodies]) {
        for (const part of table.by('stack', row.id)) table.delete(part.id);
      }
      stacks.delete(row.id);
    }
  });
  return exported;
}
