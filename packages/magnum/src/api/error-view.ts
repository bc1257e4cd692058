/**
 * The body of an error.
 *
 * @param code `client` or `server` where a handler refused, empty where there was none
 * @param detail the whole text; its first sentence is the title
 */
export function errorBody(
  status: number,
  code: 'client' | 'server' | '',
  detail: string,
  title?: string,
): object {
  return {
    errors: [{ request_id: '', code, status, title: title ?? titleOf(detail), detail, links: [] }],
  };
}

/** Up to the first full stop, where clients of the original cut. */
function titleOf(detail: string): string {
  const stop = detail.indexOf('.');
  return stop < 0 ? detail : detail.slice(0, stop);
}
