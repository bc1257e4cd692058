import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from './config-error.ts';
import { configArguments, loadConfig } from './load.ts';
import { boolean, dictionary, integer, list, multiText, port, text } from './option.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

const schema = {
  DEFAULT: {
    host: text({ default: 'here' }),
    state_path: text({ default: '/var/lib/x' }),
    debug: boolean({ default: false }),
  },
  api: { port: port({ default: 9511 }), host: text({ default: '127.0.0.1' }), workers: integer({ min: 1 }) },
  certificates: {
    storage_path: text({ default: '$state_path/certificates' }),
    cert_manager_type: text({ default: 'barbican', choices: ['barbican', 'local', 'x509keypair'] }),
  },
  drivers: {
    enabled: list(),
    hook: multiText(),
    zones: dictionary(),
    old: text({ deprecated: ['ancient', 'other/older'] }),
  },
  trust: { password: text({ secret: true }), size: integer({ default: 3, secret: true }) },
};

let count = 0;
function file(content: string): string {
  const path = join(folder, `${(count += 1)}.conf`);
  writeFileSync(path, content);
  return path;
}

function problemsOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}

describe('a configuration file', () => {
  test('gives typed values, with comments, both separators, quotes and continued lines', () => {
    const path = file(
      '# a comment\n[DEFAULT]\ndebug: YES\nhost = "a # no comment"\n[api]\n; another\nport=80\n[drivers]\nenabled = a, b,\n  c ,,d\nzones = x:1, y:a:b\n',
    );
    const { values, warnings } = loadConfig(schema, { files: [path] });
    expect(values.DEFAULT).toEqual({ host: 'a # no comment', state_path: '/var/lib/x', debug: true });
    expect(values.api).toEqual({ port: 80, host: '127.0.0.1', workers: undefined });
    expect(values.drivers.enabled).toEqual(['a', 'b', 'c', 'd']);
    expect(values.drivers.zones).toEqual({ x: '1', y: 'a:b' });
    expect(warnings).toEqual([]);
  });

  test('the last file wins, files of a directory come by name after the others, multi-valued options add up', () => {
    const dir = join(folder, 'conf.d');
    mkdirSync(dir);
    writeFileSync(join(dir, '20.conf'), '[api]\nport = 20\n[drivers]\nhook = three\n');
    writeFileSync(join(dir, '10.conf'), '[api]\nport = 10\n');
    writeFileSync(join(dir, 'notes.txt'), 'no configuration\n');
    const first = file('[api]\nport = 1\n[drivers]\nhook = one\nhook = two\n');
    const { values } = loadConfig(schema, { files: [first], dirs: [dir] });
    expect(values.api.port).toBe(20);
    expect(values.drivers.hook).toEqual(['one', 'two', 'three']);
  });

  test('the environment wins over files', () => {
    const path = file('[api]\nport = 1\n');
    const env = { OS_API__PORT: '2', OS_DEFAULT__DEBUG: 'on' };
    const { values } = loadConfig(schema, { files: [path], env });
    expect([values.api.port, values.DEFAULT.debug]).toEqual([2, true]);
  });

  test('references stand for values of the own group, of DEFAULT, of another group, and in defaults', () => {
    const path = file('[DEFAULT]\nstate_path = /srv\n');
    expect(loadConfig(schema, { files: [path] }).values.certificates.storage_path).toBe('/srv/certificates');
    expect(problemsOf(() => loadConfig(schema, { env: { OS_API__HOST: '$nowhere' } }))).toBe(
      'OS_API__HOST: [api] host: refers to $nowhere, which is set nowhere; a dollar itself is written $$',
    );
    const circle = file('[api]\nhost = $host\n');
    expect(problemsOf(() => loadConfig(schema, { files: [circle] }))).toContain(
      'refers to $host, which refers back',
    );
    const given = file(
      '[DEFAULT]\nhost = h\nregion = r1\nstate_path = $host-$region-$$x-$api.port-${trust.size}\n',
    );
    expect(loadConfig(schema, { files: [given] }).values.DEFAULT.state_path).toBe('h-r1-$x-9511-3');
  });

  test('every wrong value is named with its file, line and what would be right; secrets are not shown', () => {
    const path = file(
      '[api]\nport = 70000\n\nworkers = none\n[DEFAULT]\ndebug = maybe\n[certificates]\ncert_manager_type = vault\n[trust]\nsize = hunter2\n',
    );
    expect(problemsOf(() => loadConfig(schema, { files: [path] })).split('\n')).toEqual([
      `${path}:6: [DEFAULT] debug: "maybe" is not right: expected true, yes, on, 1, false, no, off or 0`,
      `${path}:2: [api] port: "70000" is not right: expected a whole number of 0 or more and 65535 or less`,
      `${path}:4: [api] workers: "none" is not right: expected a whole number of 1 or more`,
      `${path}:8: [certificates] cert_manager_type: "vault" is not right: expected one of barbican, local, x509keypair`,
      `${path}:10: [trust] size: the value is not right: expected a whole number`,
    ]);
  });

  test('a damaged file is refused line by line, a missing one by name', () => {
    const path = file('early = 1\n[api\n[api]\njust words\n= 3\n');
    const problems = problemsOf(() => loadConfig(schema, { files: [path, join(folder, 'none.conf')] }));
    expect(problems.split('\n').map((line) => line.replace(folder, ''))).toEqual([
      expect.stringContaining('.conf:1: "early" stands before any group'),
      expect.stringContaining('.conf:2: a group is written [name], not [api'),
      expect.stringContaining('.conf:4: expected "name = value", found "just words"'),
      expect.stringContaining('.conf:5: there is no name'),
      "/none.conf: can't be read: there is no such file or directory",
    ]);
  });

  test('an unknown option is warned about with the likely name, an old name still works, foreign ones are left alone', () => {
    const path = file(
      '[api]\nprot = 5\nworker = 2\n[other]\nolder = o\n[oslo_messaging_rabbit]\nha = 1\n[DEFAULT]\nlog_dir = /x\n',
    );
    const { values, warnings } = loadConfig(schema, {
      files: [path],
      foreign: { oslo_messaging_rabbit: '*', DEFAULT: ['log_dir'] },
    });
    expect(values.drivers.old).toBe('o');
    expect(warnings.map(({ line, message }) => [line, message])).toEqual([
      [2, 'there is no such option, it is ignored; did you mean [api] port?'],
      [3, 'there is no such option, it is ignored; did you mean [api] workers?'],
      [5, 'is called [drivers] old by now'],
    ]);
  });
});

test('--config-file and --config-dir are taken from the command line in both spellings', () => {
  expect(configArguments(['--config-file', 'a', 'up', '--config-file=b', '--config-dir', 'c', '-v'])).toEqual(
    {
      files: ['a', 'b'],
      dirs: ['c'],
      rest: ['up', '-v'],
    },
  );
  expect(problemsOf(() => configArguments(['--config-file']))).toContain('needs a path');
});
