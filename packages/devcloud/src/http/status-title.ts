/** `import` would read all that `node:http` exports, and one of those loads a whole browser's `fetch`: 15 MiB. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** What HTTP calls a status: `Not Found`. */
export function statusTitle(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}
