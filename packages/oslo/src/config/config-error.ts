/** Where a value stands: a line of a file, or a variable of the environment. */
export interface Place {
  readonly source: string;
  readonly line?: number | undefined;
}

/** One thing wrong with the configuration. `message` says what would be right. */
export interface Problem extends Partial<Place> {
  readonly group?: string;
  readonly option?: string;
  readonly message: string;
}

/** The configuration can't be used. The message lists every problem found, each on a line of its own. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

/** `/etc/x.conf:12: [api] port: …` */
export function describeProblem(problem: Problem): string {
  const line = problem.line === undefined ? '' : `:${problem.line}`;
  const place = problem.source === undefined ? '' : `${problem.source}${line}: `;
  const option = problem.option === undefined ? '' : `[${problem.group ?? 'DEFAULT'}] ${problem.option}: `;
  return `${place}${option}${problem.message}`;
}
