import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { departures } from './departures.ts';
import { errors, routes } from './inventory.ts';

const folder = new URL('.', import.meta.url);
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.acceptance.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n');

const names = (text: string) => sources.includes(`'${text}'`) || templated(text);

/** A loop over methods or paths names several entries at once: `GET ${path}`, `${method} /v1/…`. */
function templated(text: string): boolean {
  const [method = '', path = ''] = text.split(' ');
  return (
    (sources.includes(`\`${method} \${path}\``) && sources.includes(`'${path}'`)) ||
    (sources.includes(`\`\${method} ${path}\``) && sources.includes(`'${method}'`))
  );
}

test('every route and every error of the inventory has a test', () => {
  expect([...routes, ...errors].filter((entry) => !names(entry))).toEqual([]);
});

test('every departure has a test, and is one', () => {
  const idle = Object.keys(departures).filter((name) => !sources.includes(`'${name}'`));
  expect(idle).toEqual([]);
  const same = Object.entries(departures).filter(
    ([, { original, gantry }]) => JSON.stringify(shown(original)) === JSON.stringify(shown(gantry)),
  );
  expect(same.map(([name]) => name)).toEqual([]);
});

const shown = ({ status, detail, body }: { status: number; detail?: string | RegExp; body?: object }) => [
  status,
  String(detail),
  body,
];
