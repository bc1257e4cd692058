/** What the Engine answered, or that it did not: `status` is 0 then. The message is Docker's own. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  /** HTTP status of the Engine's answer; 0: no answer at all. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** The Engine isn't there: not started, died, or its socket is someone else's. */
  get unreachable(): boolean {
    return this.status === 0;
  }

  get notFound(): boolean {
    return this.status === 404;
  }

  get conflict(): boolean {
    return this.status === 409;
  }
}
