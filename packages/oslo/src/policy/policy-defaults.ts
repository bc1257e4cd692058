import { boolean, multiText, text } from '../config/option.ts';

export type Scope = 'system' | 'domain' | 'project';

/** A rule as a service ships it. */
export interface PolicyDefault<N extends string = string> {
  readonly name: N;
  /** In the rule language, see rule-parser.ts. */
  readonly check: string;
  /** Kinds of tokens that may use it; without it, all. Looked at if `enforce_scope`. */
  readonly scopes?: readonly Scope[];
  /**
   * What the rule was before. An operator's own rule of the old name goes on to count, and unless
   * `enforce_new_defaults`, whoever was let through by the old check still is.
   */
  readonly deprecated?: {
    /** If it had another name. */
    readonly name?: string;
    readonly check: string;
  };
  /** What it is about, one line. */
  readonly about?: string;
}

/** Group `[oslo_policy]`; names and defaults are oslo.policy's. */
export const policyOptions = {
  enforce_scope: boolean({ default: true, help: 'refuse tokens of a scope that the rule is not for' }),
  enforce_new_defaults: boolean({ default: true, help: 'do not let the old defaults count as well' }),
  policy_file: text({ default: 'policy.yaml', help: 'in a folder of the configuration, or absolute' }),
  policy_default_rule: text({ default: 'default', help: 'asked for where a rule is missing' }),
  policy_dirs: multiText({ default: ['policy.d'] }),
} as const;
