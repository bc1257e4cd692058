import { expect, test } from 'vitest';
import { consoleText } from './console-text.ts';

test('a console shows words, without colours, cursor moves, titles or carriage returns', () => {
  const written =
    '\u001b]0;title\u0007\u001b[0;1;39mWelcome\u001b[0m\r\n[\u001b[0;32m  OK  \u001b[0m] Done\u001b[K\r\n';
  expect(consoleText(written)).toBe('Welcome\n[  OK  ] Done\n');
});
