/** How deep references may refer to references; deeper ones go round in a circle. */
const MAX_DEPTH = 16;

export type Substituted =
  | { readonly text: string }
  | { readonly unknown: string; readonly circular: boolean };

/**
 * Replaces `$name`, `${name}` and `$group.name` by what they stand for, again in what comes in their place.
 * `$$` and `\$` are a dollar; a dollar before anything else stays as it is.
 *
 * @param resolve the value of a reference, undefined if there is none
 */
export function substitute(
  text: string,
  resolve: (name: string) => string | undefined,
  depth = 0,
): Substituted {
  if (!text.includes('$')) return { text };
  let failed: Substituted | undefined;
  const replaced = text.replaceAll(
    /\$\$|\\\$|\$\{([_a-z][._a-z0-9]*)\}|\$([_a-z][_a-z0-9]*(?:\.[_a-z][_a-z0-9]*)*)/gi,
    (match, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare;
      if (name === undefined) return '$';
      const value = resolve(name);
      if (value !== undefined && depth < MAX_DEPTH) {
        const inner = substitute(value, resolve, depth + 1);
        if ('text' in inner) return inner.text;
        failed ??= inner;
      }
      failed ??= { unknown: name, circular: value !== undefined };
      return match;
    },
  );
  return failed ?? { text: replaced };
}
