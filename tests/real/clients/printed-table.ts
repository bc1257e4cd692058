/** A table as clients print it, by PrettyTable. */
export interface PrintedTable {
  /** Names of the fields: the first column of a show, the headings of a list. */
  readonly fields: readonly string[];
  /** One of a show, or a list's lines. */
  readonly lines: readonly Readonly<Record<string, string>>[];
}

/** Reads the table in a client's text; one without fields if there is none. */
export function printedTable(text: string): PrintedTable {
  const [headings = [], ...cells] = text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    );
  if (/^(Field|Property) Value$/.test(headings.join(' '))) {
    const pairs = cells.map(([name = '', ...value]) => [name, value.join(' | ')] as const);
    return { fields: pairs.map(([name]) => name), lines: [Object.fromEntries(pairs)] };
  }
  const lines = cells.map((line) => Object.fromEntries(headings.map((name, at) => [name, line[at] ?? ''])));
  return { fields: headings, lines };
}
