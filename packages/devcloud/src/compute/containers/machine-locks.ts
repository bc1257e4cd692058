/** Lets one thing at a time be done with a machine; others wait their turn in the order they came. */
export class MachineLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#tails.get(id) ?? Promise.resolve()).then(work, work);
    const tail = turn.catch(() => undefined);
    this.#tails.set(id, tail);
    try {
      return await turn;
    } finally {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    }
  }

  /** Someone is at work on it. */
  busy(id: string): boolean {
    return this.#tails.has(id);
  }
}
