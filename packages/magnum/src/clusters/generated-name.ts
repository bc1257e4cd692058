const greek = (
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu ' +
  'nu xi omicron pi rho sigma tau upsilon phi chi psi omega'
).split(' ');

/**
 * A name for what came without one: `omega-14-cluster`.
 *
 * @param random a number from 0 up to 1
 */
export function generatedName(
  kind: 'cluster' | 'template' | 'bay' | 'model' | 'federation',
  random: () => number,
): string {
  const word = greek[Math.floor(random() * greek.length)] ?? 'omega';
  return `${word}-${1 + Math.floor(random() * 24)}-${kind}`;
}
