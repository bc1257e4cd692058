import type { CompiledQuery, QueryResult, RawBuilder } from 'kysely';
import { attempt } from './attempts.ts';
import { faultOf, UnstorableValue } from './faults.ts';
import type { QueryContext } from './query-context.ts';

/**
 * Carries out a statement that only reads. Outside of a transaction it is tried again where that can help.
 * What can't be stored is equal to nothing that is, so to look for it finds nothing.
 */
export function read<R>(context: QueryContext, statement: RawBuilder<R>): Promise<readonly R[]> {
  return readCompiled(context, statement.compile(context.db));
}

/** As {@link read}. */
export async function readCompiled<R>(
  context: QueryContext,
  statement: CompiledQuery<R>,
): Promise<readonly R[]> {
  try {
    return (await carryOut(context, statement, true)).rows;
  } catch (error) {
    if (error instanceof UnstorableValue && !context.db.isTransaction) return [];
    throw error;
  }
}

/** Carries out a statement that writes. @returns how many rows it was about, and the id of a new one */
export async function write(
  context: QueryContext,
  statement: RawBuilder<unknown>,
): Promise<{ readonly rows: number; readonly id: number }> {
  const done = await carryOut(context, statement.compile(context.db), false);
  const [returned] = done.rows;
  const id = isWithId(returned) ? returned.id : Number(done.insertId ?? 0);
  return { rows: Number(done.numAffectedRows ?? 0n), id };
}

async function carryOut<R>(
  context: QueryContext,
  statement: CompiledQuery<R>,
  repeatable: boolean,
): Promise<QueryResult<R>> {
  if (!context.db.isTransaction) return attempt(() => context.db.executeQuery(statement), repeatable);
  try {
    return await context.db.executeQuery(statement);
  } catch (error) {
    // The whole transaction is what is tried again.
    throw faultOf(error);
  }
}

function isWithId(row: unknown): row is { readonly id: number } {
  return typeof row === 'object' && row !== null && 'id' in row;
}
