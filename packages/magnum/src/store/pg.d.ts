/** What is used of the driver `pg`, which brings no types. */
declare module 'pg' {
  export interface PoolOptions {
    readonly [option: string]: unknown;
  }

  export class Pool {
    constructor(options: PoolOptions);
    on(event: 'error', listener: (error: Error) => void): this;
  }

  const pg: {
    readonly Pool: typeof Pool;
    readonly types: { getTypeParser(oid: number, format: 'text' | 'binary'): (value: string) => unknown };
  };
  export default pg;
}
