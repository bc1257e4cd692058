import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { mmdebstrapArguments, nginx, recipeHash, server } from './recipes.ts';

function hooks(name: string, args: string[]): number {
  return args.filter((arg) => arg.startsWith(`--${name}-hook=`)).length;
}

test('an image is built anew when anything in it changes, an image inside it included', () => {
  const hash = recipeHash(server);
  expect(recipeHash({ ...server })).toBe(hash);
  expect(recipeHash({ ...server, packages: [...server.packages, 'vim'] })).not.toBe(hash);
  const other = { ...nginx, finish: [...nginx.finish, 'true'] };
  expect(recipeHash({ ...server, preloaded: [other] })).not.toBe(hash);
});

test('every command that ends a build, and every script in the image, is one that a plain shell reads', () => {
  const scripts = server.files
    .filter((file) => file.content.startsWith('#!/bin/sh'))
    .map((file) => file.content);
  expect(scripts).not.toEqual([]);
  for (const script of [...server.finish, ...nginx.finish, ...scripts]) {
    expect(script).not.toMatch(/\{\w+(,\w+)+\}/);
    execFileSync('/bin/sh', ['-n', '-c', script]);
  }
});

test('where packages are only unpacked, the build still ends with its own commands', () => {
  const unpacked = mmdebstrapArguments(nginx, '/files', '/out.tar');
  expect(hooks('customize', unpacked)).toBe(0);
  expect(hooks('extract', unpacked)).toBeGreaterThanOrEqual(nginx.finish.length);
  expect(hooks('customize', mmdebstrapArguments(server, '/files', '/out.tar'))).toBeGreaterThanOrEqual(
    server.finish.length,
  );
});
