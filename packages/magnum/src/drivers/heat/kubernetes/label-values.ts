import type { Labels } from '../../../store/rows.ts';
import { DriverRefusal } from '../../driver.ts';
import { label } from '../stack-values.ts';

/** Words that the original takes for true. Source: oslo.utils, `bool_from_string`. */
const ON = ['1', 't', 'true', 'on', 'y', 'yes'];

/** @returns undefined if the label isn't given */
export function isOn(labels: Labels, name: string): boolean | undefined {
  const value = label(labels, name);
  return value === undefined ? undefined : ON.includes(value.trim().toLowerCase());
}

/** @returns undefined if the label isn't given */
export function countIn(labels: Labels, name: string): number | undefined {
  const value = label(labels, name);
  if (value === undefined) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value);
  throw new DriverRefusal(`the label ${name} is '${value.slice(0, 100)}', but has to be a whole number`);
}
