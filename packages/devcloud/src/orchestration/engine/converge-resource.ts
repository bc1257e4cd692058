import { Replacement, ResourceFault, type ResourceContext } from '../resources/resource-type.ts';
import { same, type Dict } from '../values.ts';
import type { Definition, ResourceDefinition } from './definition.ts';
import type { Engine } from './engine.ts';
import { kept, resolveWanted, type Wanted } from './resolve-wanted.ts';
import { currentRow, failureOf, failureText, markAborted, setResource, under, withNote } from './rows.ts';
import { Stopped, timestamp } from './runtime.ts';
import type { ResourceRow, StackRow } from './tables.ts';

/**
 * Makes, changes or replaces one resource so that it is what the definition says; nothing if it is already.
 *
 * @throws ResourceFault whose path begins with the resource
 */
export async function convergeResource(
  engine: Engine,
  stack: StackRow,
  definition: Definition,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const wantedOf = definition.resources.get(name);
  if (!wantedOf) throw new Error(`no resource ${name} in stack ${stack.name}`);
  const row = currentRow(engine, stack.id, name);
  if (row?.operation === stack.operation && row.status === 'COMPLETE') return;
  const requires = requiredRows(engine, stack.id, definition, name);
  const step = new Step(engine, stack, definition, wantedOf, requires, signal);
  if (!row || mustBeMadeAnew(row, wantedOf, stack)) await step.create(row);
  else if (row.action === 'CREATE' && row.status !== 'COMPLETE') await step.create(undefined, row);
  else await step.change(row);
}

function requiredRows(engine: Engine, stackId: string, definition: Definition, name: string): string[] {
  return [...(definition.dependencies.get(name) ?? [])].flatMap((other) => {
    const row = currentRow(engine, stackId, other);
    return row ? [row.id] : [];
  });
}

/** A resource whose making failed before is made anew; one whose making this operation began is gone on with. */
function mustBeMadeAnew(row: ResourceRow, wanted: ResourceDefinition, stack: StackRow): boolean {
  if (row.operation === stack.operation && row.status === 'IN_PROGRESS') return false;
  if (row.action === 'DELETE') return true;
  // Found to be ill, or said to be; of a nested stack the ill members are made anew, not all of it.
  if (row.action === 'CHECK' && row.status === 'FAILED') return wanted.type.nested === undefined;
  if (row.target.kind !== wanted.target.kind) return true;
  // A file of another name is but another template for the same nested stack.
  if (row.target.kind === 'type' && row.target.name !== wanted.target.name) return true;
  if (row.action !== 'CREATE' || row.status === 'COMPLETE') return false;
  return !(wanted.type.nested && row.physicalId !== null);
}

class Step {
  readonly #engine: Engine;
  readonly #stack: StackRow;
  readonly #definition: Definition;
  readonly #wanted: ResourceDefinition;
  readonly #requires: readonly string[];
  readonly #signal: AbortSignal;

  constructor(
    engine: Engine,
    stack: StackRow,
    definition: Definition,
    wanted: ResourceDefinition,
    requires: readonly string[],
    signal: AbortSignal,
  ) {
    this.#engine = engine;
    this.#stack = stack;
    this.#definition = definition;
    this.#wanted = wanted;
    this.#requires = requires;
    this.#signal = signal;
  }

  /**
   * Makes the resource.
   *
   * @param before the one whose place it takes
   * @param begun the one an earlier process began to make
   */
  async create(before: ResourceRow | undefined, begun?: ResourceRow): Promise<void> {
    let row = begun ?? this.#begin(before);
    if (begun && begun.status === 'FAILED')
      row = this.#set(row, { action: 'UPDATE', status: 'IN_PROGRESS', operation: this.#stack.operation });
    await this.#guarded(row, async () => {
      const wanted = await this.#resolve();
      row = setResource(this.#engine, row.id, { ...kept(wanted), properties: wanted.properties });
      await this.#prepareReplacement(row);
      if (wanted.externalId !== undefined) {
        setResource(this.#engine, row.id, { physicalId: wanted.externalId, external: true });
        await this.#wanted.type.check?.(this.#context(row, wanted));
      } else await this.#wanted.type.create(this.#context(row, wanted));
      this.#complete(row, wanted);
    });
  }

  /** Changes the resource if it has to be changed, or replaces it if that can't be done in place. */
  async change(row: ResourceRow): Promise<void> {
    let wanted: Wanted;
    try {
      wanted = await this.#resolve();
    } catch (error) {
      const failing = this.#set(row, {
        action: 'UPDATE',
        status: 'IN_PROGRESS',
        operation: this.#stack.operation,
      });
      return this.#guarded(failing, () => Promise.reject(error));
    }
    const { type } = this.#wanted;
    const before = row.properties ?? {};
    const resumed = row.operation === this.#stack.operation && row.status === 'IN_PROGRESS';
    const again = row.status === 'FAILED' && row.action !== 'CHECK';
    const changed = changedKeys(before, wanted.properties);
    const metadataChanged = !same(row.metadata, wanted.metadata);
    const renewed = type.renewed && this.#stack.action === 'UPDATE';
    if (!type.nested && !renewed && !resumed && !again && changed.size === 0 && !metadataChanged)
      return this.#leave(row, wanted);
    if (wanted.externalId !== undefined || row.external) {
      if (row.physicalId !== wanted.externalId) return this.create(row);
      return this.#leave(row, wanted);
    }
    if (renewed && !resumed) return this.create(row);
    const fixed = [...changed].some((key) => !type.properties[key]?.update && !type.nested);
    if (fixed || (changed.size > 0 && !type.update)) return this.#replace(row, wanted);
    let started = this.#set(row, {
      action: 'UPDATE',
      status: 'IN_PROGRESS',
      operation: this.#stack.operation,
    });
    if (metadataChanged) started = setResource(this.#engine, started.id, { metadata: wanted.metadata });
    try {
      await this.#guarded(started, async () => {
        const keys = again ? new Set([...changed, ...Object.keys(wanted.properties)]) : changed;
        if (type.nested || keys.size > 0 || resumed)
          await type.update?.(this.#context(started, wanted), before, keys);
        this.#complete(started, wanted);
      });
    } catch (error) {
      if (!(error instanceof Replacement)) throw error;
      await this.#replace(started, wanted);
    }
  }

  /** Takes the one a failed update had put aside, if it is still what is wanted; else makes a new one. */
  async #replace(row: ResourceRow, wanted: Wanted): Promise<void> {
    const aside = this.#engine.tables.resources
      .by('stack', this.#stack.id)
      .find(
        (other) =>
          !other.current &&
          other.name === row.name &&
          other.status === 'COMPLETE' &&
          other.action !== 'DELETE' &&
          same(other.target, this.#wanted.target) &&
          same(other.properties, wanted.properties),
      );
    if (!aside) return this.create(row);
    const back = this.#engine.cloud.store.transaction(() => {
      setResource(this.#engine, row.id, { current: false });
      return setResource(this.#engine, aside.id, {
        current: true,
        action: 'UPDATE',
        status: 'IN_PROGRESS',
        operation: this.#stack.operation,
        reason: 'state changed',
      });
    });
    await this.#guarded(back, async () => {
      const { type } = this.#wanted;
      await type.beforeReplacement?.(this.#engine.context(row.id, row.properties ?? {}, {}, this.#signal));
      await type.afterRestoration?.(this.#context(back, wanted));
      this.#complete(back, wanted);
    });
  }

  /** Nothing to do: it only becomes part of this operation. */
  #leave(row: ResourceRow, wanted: Wanted): void {
    setResource(this.#engine, row.id, {
      ...kept(wanted),
      ...this.#fromSnippet(),
      operation: this.#stack.operation,
      requires: this.#requires,
    });
  }

  #begin(before: ResourceRow | undefined): ResourceRow {
    const { cloud, tables } = this.#engine;
    return cloud.store.transaction(() => {
      if (before) setResource(this.#engine, before.id, { current: false });
      const at = timestamp(cloud.now());
      const row: ResourceRow = {
        id: cloud.uuid(),
        stackId: this.#stack.id,
        name: this.#wanted.name,
        ...this.#fromSnippet(),
        action: 'INIT',
        status: 'COMPLETE',
        reason: '',
        failure: null,
        physicalId: null,
        external: false,
        metadata: {},
        properties: null,
        updatePolicy: {},
        data: before ? { replaces: before.id } : {},
        requires: this.#requires,
        current: true,
        operation: this.#stack.operation,
        createdAt: at,
        updatedAt: at,
      };
      tables.resources.put(row);
      return this.#set(row, { action: 'CREATE', status: 'IN_PROGRESS' });
    });
  }

  #fromSnippet(): Pick<ResourceRow, 'type' | 'target' | 'deletionPolicy' | 'description'> {
    const { snippet, target } = this.#wanted;
    return {
      type: snippet.type,
      target,
      deletionPolicy: snippet.deletionPolicy,
      description: snippet.description,
    };
  }

  #set(row: ResourceRow, patch: Partial<ResourceRow>): ResourceRow {
    return setResource(this.#engine, row.id, { reason: 'state changed', failure: null, ...patch });
  }

  #complete(row: ResourceRow, wanted: Wanted): void {
    this.#set(row, {
      status: 'COMPLETE',
      ...kept(wanted),
      properties: wanted.properties,
      requires: this.#requires,
      operation: this.#stack.operation,
      ...this.#fromSnippet(),
    });
  }

  async #prepareReplacement(row: ResourceRow): Promise<void> {
    const replaced = row.data['replaces'];
    const old = typeof replaced === 'string' ? this.#engine.tables.resources.get(replaced) : undefined;
    if (!old || row.data['prepared'] === true || !same(old.target, row.target)) return;
    await this.#wanted.type.beforeReplacement?.(
      this.#engine.context(old.id, old.properties ?? {}, old.updatePolicy, this.#signal),
    );
    setResource(this.#engine, row.id, {
      data: withNote(this.#engine.tables.resources.get(row.id)?.data ?? {}, 'prepared', true),
    });
  }

  #resolve(): Promise<Wanted> {
    return resolveWanted(this.#engine, this.#stack, this.#definition.scope, this.#wanted, this.#signal);
  }

  #context(row: ResourceRow, wanted: Wanted): ResourceContext {
    return this.#engine.context(row.id, wanted.properties, wanted.updatePolicy, this.#signal);
  }

  /** Runs `work` and, if it fails, says so in the row and gives the fault the resource's place. */
  async #guarded(row: ResourceRow, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof Replacement) throw error;
      if (error instanceof Stopped) {
        if (error.reason === 'shutdown') throw error;
        this.#wanted.type.cancelled?.(this.#engine.context(row.id, row.properties ?? {}, {}, this.#signal));
        const now = this.#engine.tables.resources.get(row.id);
        if (now?.status === 'IN_PROGRESS') markAborted(this.#engine, now, stoppedBy(error));
        throw error;
      }
      const failure = under(row.name, failureOf(error));
      if (this.#engine.tables.resources.get(row.id)) {
        this.#set(row, { status: 'FAILED', failure, reason: failureText(failure) });
      }
      throw new ResourceFault(failure.error, failure.message, failure.path);
    }
  }
}

function stoppedBy(error: Stopped): string {
  if (error.reason === 'timeout') return 'Timed out';
  return error.reason === 'sibling' ? 'another resource of the stack failed' : 'user triggered cancel';
}

function changedKeys(before: Dict, after: Dict): Set<string> {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...keys].filter((key) => !same(before[key], after[key])));
}
