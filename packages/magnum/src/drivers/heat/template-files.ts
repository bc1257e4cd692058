import { readFileSync } from 'node:fs';

/** Templates and scripts as Heat wants them: the top template, and everything it names, by that name. */
export interface TemplateFiles {
  readonly template: string;
  /** By the name under which a template of ours refers to it. */
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Reads a template with what it refers to by `get_file` and by resource types that end in `.yaml`. The only
 * place that knows where such files are.
 */
export function loadTemplateFiles(top: URL): TemplateFiles {
  const files: Record<string, string> = {};
  const template = readFileSync(top, 'utf8');
  const collect = (text: string, base: URL): void => {
    for (const [, name] of text.matchAll(/(?:get_file|type): ([\w./-]+\.(?:yaml|sh))\s*$/gm)) {
      if (name === undefined || files[name] !== undefined) continue;
      const url = new URL(name, base);
      const inner = readFileSync(url, 'utf8');
      files[name] = inner;
      collect(inner, url);
    }
  };
  collect(template, top);
  return { template, files };
}
