/**
 * The body of an error.
 *
 * @param code `client` or `server` where a handler refused, empty where there was none
 * @param text the whole of it; its first sentence is the title
 */
export function errorBody(
  status: number,
  code: 'client' | 'server' | '',
  text: string,
  title?: string,
): object {
  // It may quote half a character, on which Python's clients would break off.
  const detail = text.toWellFormed();
  return {
    errors: [{ request_id: '', code, status, title: title ?? titleOf(detail), detail, links: [] }],
  };
}

/** Up to the first full stop, where clients of the original cut. */
function titleOf(detail: string): string {
  const stop = detail.indexOf('.');
  return stop < 0 ? detail : detail.slice(0, stop);
}
