import { ConfigError, type Problem } from './config-error.ts';

/** One assignment of a file. */
export interface IniEntry {
  /** As written, but `default` in any case is `DEFAULT`. */
  readonly group: string;
  readonly name: string;
  /** Lines of a continued value are joined by `\n`. */
  readonly value: string;
  readonly file: string;
  /** Where it begins, counted from 1. */
  readonly line: number;
}

/**
 * Reads the INI dialect of oslo.config: `[group]`, `name = value` or `name: value`, comments on lines of their
 * own that begin with `#` or `;`, values continued on indented lines, quotes around a whole value taken off.
 * There are no comments behind a value: `#` is part of it.
 *
 * @throws ConfigError with every line that is none of these
 */
export function parseIni(text: string, file: string): IniEntry[] {
  const entries: IniEntry[] = [];
  const problems: Problem[] = [];
  let group: string | undefined;
  let open: { name: string; parts: string[]; line: number } | undefined;

  function close(): void {
    if (open && group !== undefined) {
      entries.push({ group, name: open.name, value: unquoted(open.parts.join('\n')), file, line: open.line });
    }
    open = undefined;
  }

  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = index + 1;
    const problem = (message: string): void => void problems.push({ source: file, line, message });
    const trimmed = raw.trim();
    if (trimmed === '') {
      close();
    } else if (trimmed.startsWith('#') || trimmed.startsWith(';')) {
      continue;
    } else if (/^\s/.test(raw)) {
      if (open) open.parts.push(trimmed);
      else
        problem(
          'an indented line continues the line above, and there is none to continue: begin it at the margin',
        );
    } else if (trimmed.startsWith('[')) {
      close();
      const name = /^\[([^\]]+)\]$/.exec(trimmed)?.[1]?.trim();
      if (name === undefined || name === '') problem(`a group is written [name], not ${trimmed}`);
      else group = name.toUpperCase() === 'DEFAULT' ? 'DEFAULT' : name;
    } else {
      close();
      const found = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(trimmed);
      const name = found?.[1];
      if (name === undefined) problem(`expected "name = value", found "${trimmed}"`);
      else if (name === '') problem('there is no name before the "="');
      else if (group === undefined) problem(`"${name}" stands before any group: put [DEFAULT] above it`);
      else open = { name, parts: [found?.[2] ?? ''], line };
    }
  }
  close();
  if (problems.length > 0) throw new ConfigError(problems);
  return entries;
}

function unquoted(value: string): string {
  const first = value[0];
  const quoted = value.length > 1 && (first === '"' || first === "'") && value.endsWith(first);
  return quoted ? value.slice(1, -1) : value;
}
