/**
 * Loaded with `node --import` in front of a process under test: kills it, as `kill -9` does, at the write to SQLite
 * with the number in CRASH_AT (counted from 1), or right after it if CRASH_AT is negative. Only writes whose
 * statement matches CRASH_SQL count.
 */
import { StatementSync } from 'node:sqlite';

const at = Number(process.env['CRASH_AT']);
const matching = new RegExp(process.env['CRASH_SQL'] ?? '', 'i');
let armed = process.env['CRASH_ARMED'] === 'at once';
let writes = 0;

// Armed by signal, so that a test can have its process start and log in first.
process.on('SIGUSR2', () => (armed = true));

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal comes a moment later: nothing more may happen until then.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

type Call = (this: StatementSync, ...args: never[]) => unknown;

for (const method of ['run', 'all', 'get', 'iterate'] as const) {
  const original = StatementSync.prototype[method] as Call;
  const counted: Call = function counted(...args) {
    const isWrite =
      /^\s*(insert|update|delete|replace)/i.test(this.sourceSQL) && matching.test(this.sourceSQL);
    if (!armed || !isWrite) return original.apply(this, args);
    writes += 1;
    if (at > 0 && writes === at) die();
    const result = original.apply(this, args);
    if (at < 0 && writes === -at) die();
    return result;
  };
  Object.defineProperty(StatementSync.prototype, method, { value: counted });
}
