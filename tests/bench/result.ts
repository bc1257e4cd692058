import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One figure, as it is written to `bench-results/<file>.json`. `theirs` is measured in the same run, or null where nobody else does the thing. */
export interface Result {
  readonly name: string;
  readonly unit: 'ms' | 's' | 'MiB' | 'requests/s';
  readonly ours: number;
  readonly theirs: number | null;
  /** ours / theirs */
  readonly ratio: number | null;
  /** What the least that does the same takes, measured in the same run. */
  readonly floor?: number;
}

export function result(
  name: string,
  unit: Result['unit'],
  ours: number,
  theirs: number | null = null,
  floor?: number,
): Result {
  const round = (value: number): number => Number(value.toPrecision(4));
  return {
    name,
    unit,
    ours: round(ours),
    theirs: theirs === null ? null : round(theirs),
    ratio: theirs === null ? null : round(ours / theirs),
    ...(floor === undefined ? {} : { floor: round(floor) }),
  };
}

/** Prints the results and keeps them. @param goal what the figure is to be, in words */
export function publish(file: string, goal: string, results: readonly Result[]): void {
  mkdirSync('bench-results', { recursive: true });
  writeFileSync(join('bench-results', `${file}.json`), `${JSON.stringify(results, undefined, 2)}\n`);
  for (const { name, unit, ours, theirs, ratio, floor } of results) {
    const least = floor === undefined ? '' : `, floor ${floor} ${unit}`;
    const beside = (theirs === null ? '' : `, theirs ${theirs} ${unit}, ratio ${ratio}`) + least;
    process.stdout.write(`${name}: ${ours} ${unit}${beside} (goal: ${goal})\n`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The least of the values that `percent` % of them don't exceed; of few values, their greatest. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
}
