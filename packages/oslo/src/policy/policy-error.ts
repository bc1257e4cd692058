/** A policy that can't be used as it stands: each problem names the file, if it came from one, and the rule. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A rule that can't be understood. The message says why, without naming the rule. */
export class RuleSyntaxError extends Error {
  override readonly name = 'RuleSyntaxError';
}
