/**
 * Does `work` for every name, each as soon as all it depends on are done, side by side. When one fails, no
 * other is begun and those under way are told to stop; the first fault is thrown once all of them ended.
 *
 * @param outer stops everything from outside
 */
export async function runGraph(
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
  work: (name: string, signal: AbortSignal) => Promise<void>,
  outer: AbortSignal,
): Promise<void> {
  const inner = new AbortController();
  const signal = AbortSignal.any([outer, inner.signal]);
  const waiting = new Map([...dependencies].map(([name, needs]) => [name, new Set(needs)]));
  const running = new Map<string, Promise<void>>();
  let fault: { readonly error: unknown } | undefined;

  const begin = (): void => {
    for (const [name, needs] of waiting) {
      if (needs.size > 0 || fault || signal.aborted) continue;
      waiting.delete(name);
      running.set(name, run(name));
    }
  };
  const run = async (name: string): Promise<void> => {
    try {
      await work(name, signal);
      for (const needs of waiting.values()) needs.delete(name);
    } catch (error) {
      fault ??= { error };
      inner.abort('sibling');
    } finally {
      running.delete(name);
    }
  };

  begin();
  while (running.size > 0) {
    await Promise.race(running.values());
    begin();
  }
  if (fault) throw fault.error;
}

/** The same graph walked from its other end: what depends on a thing goes before it. */
export function reversed(dependencies: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const result = new Map<string, Set<string>>(
    [...dependencies.keys()].map((name) => [name, new Set<string>()]),
  );
  for (const [name, needs] of dependencies) {
    for (const need of needs) result.get(need)?.add(name);
  }
  return result;
}
