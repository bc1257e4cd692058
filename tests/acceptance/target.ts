/** What the suite runs against, from the environment: see README.md in this folder. */
export interface Target {
  /** Departures between the two are declared in departures.ts. */
  readonly kind: 'original' | 'gantry';
  /** Of Keystone, with or without `/v3`. */
  readonly authUrl: string;
  /** Who may make projects, users, images and flavors. */
  readonly admin: { readonly name: string; readonly password: string; readonly project: string };
  /** What clusters are built of; refusals of templates are tried with `swarm-mode` in any case. */
  readonly coe: 'kubernetes' | 'swarm-mode';
  /** Of the Magnum, with `/v1`; from the catalog unless given. */
  readonly endpoint: string | undefined;
}

/** @throws naming the variable that is missing or wrong */
export function targetFromEnvironment(env: NodeJS.ProcessEnv): Target {
  const need = (name: string): string => {
    const value = env[`GANTRY_ACCEPTANCE_${name}`];
    if (value === undefined || value === '') throw new Error(`GANTRY_ACCEPTANCE_${name} is not set`);
    return value;
  };
  const kind = need('TARGET');
  if (kind !== 'original' && kind !== 'gantry') {
    throw new Error(`GANTRY_ACCEPTANCE_TARGET is "original" or "gantry", not "${kind}"`);
  }
  const coe = env['GANTRY_ACCEPTANCE_COE'] ?? 'kubernetes';
  if (coe !== 'kubernetes' && coe !== 'swarm-mode') {
    throw new Error(`GANTRY_ACCEPTANCE_COE is "kubernetes" or "swarm-mode", not "${coe}"`);
  }
  return {
    kind,
    coe,
    authUrl: need('AUTH_URL').replace(/\/(v3\/?)?$/, ''),
    admin: {
      name: env['GANTRY_ACCEPTANCE_ADMIN'] ?? 'admin',
      password: need('ADMIN_PASSWORD'),
      project: env['GANTRY_ACCEPTANCE_ADMIN_PROJECT'] ?? 'admin',
    },
    endpoint: env['GANTRY_ACCEPTANCE_ENDPOINT'],
  };
}
