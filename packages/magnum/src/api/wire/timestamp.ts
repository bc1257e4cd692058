/** `2026-11-21T20:52:59.709000+00:00`; without the fraction where there is none. */
export function timestamp(time: Date | null): string | null {
  if (time === null) return null;
  const text = time.toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}+00:00` : `${text.slice(0, -1)}000+00:00`;
}
