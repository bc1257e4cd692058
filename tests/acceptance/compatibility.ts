import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { departures, type Departure } from './departures.ts';

/** `node tests/acceptance/compatibility.ts` writes the list of departures into docs/compatibility.md. */
export const page = fileURLToPath(new URL('../../docs/compatibility.md', import.meta.url));

const begin = '<!-- departures: made by tests/acceptance/compatibility.ts -->';
const end = '<!-- end of departures -->';

/** @returns the page with the list as departures.ts has it; everything around the list stays. @throws without the marks */
export function withDepartures(text: string): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from)
    throw new Error('docs/compatibility.md has lost the marks around its list of departures');
  return `${text.slice(0, from)}${begin}\n\n${list()}\n\n${text.slice(to)}`;
}

function list(): string {
  return Object.values<Departure>(departures)
    .map(({ request, original, gantry, reason }) =>
      [
        `- ${request}`,
        `  - original: ${words(original)}`,
        `  - Gantry: ${words(gantry)}`,
        `  - ${reason}`,
      ].join('\n'),
    )
    .join('\n');
}

function words({ status, detail, body }: Departure['original']): string {
  const code = status === 0 ? 'no answer' : String(status);
  if (detail !== undefined && detail !== '')
    return `${code}, \`${typeof detail === 'string' ? detail : detail.source}\``;
  return body === undefined ? code : `${code}, \`${JSON.stringify(body)}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(page, withDepartures(readFileSync(page, 'utf8')));
}
