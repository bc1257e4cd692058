/** Work on things that changed: each once however often it was named meanwhile, one after the other. */
export class WorkQueue<T> {
  readonly #waiting = new Set<T>();
  readonly #work: (batch: readonly T[]) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> | undefined;

  /** @param work must be safe to run again for the same things */
  constructor(work: (batch: readonly T[]) => Promise<void>, failed: (error: unknown) => void) {
    this.#work = work;
    this.#failed = failed;
  }

  add(...things: readonly T[]): void {
    for (const thing of things) this.#waiting.add(thing);
    if (this.#waiting.size > 0) this.#running ??= this.#drain();
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    // Lets the caller finish what it is in the middle of, so that its changes are one batch.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting];
      this.#waiting.clear();
      try {
        await this.#work(batch);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#running = undefined;
  }
}
