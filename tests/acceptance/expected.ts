/** What an answer must be. Status 0: the connection is closed without an answer. */
export interface Expected {
  readonly status: number;
  /** Of the first error: the whole text, or what it must match. */
  readonly detail?: string | RegExp;
  /** Members of the body. */
  readonly body?: object;
}
