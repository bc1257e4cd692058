import type { Credentials, Interface, Scope } from '@gantry/openstack';
import { ConfigError } from '../config/config-error.ts';
import { boolean, NotAValue, text, type Option, type Values } from '../config/option.ts';

/** How a service says who it is in the cloud: options of keystoneauth and of three of its plug-ins. */
export const loginOptions = {
  auth_type: text({
    default: 'password',
    deprecated: ['auth_plugin'],
    help: 'password, token or v3applicationcredential',
  }),
  auth_url: text({ help: "Keystone's address" }),
  username: text({ deprecated: ['user-name', 'user_name'] }),
  user_id: text(),
  user_domain_name: text(),
  user_domain_id: text(),
  password: text({ secret: true }),
  project_name: text({ deprecated: ['tenant-name', 'tenant_name'] }),
  project_id: text({ deprecated: ['tenant-id', 'tenant_id'] }),
  project_domain_name: text(),
  project_domain_id: text(),
  default_domain_name: text(),
  default_domain_id: text(),
  token: text({ secret: true }),
  application_credential_id: text(),
  application_credential_secret: text({ secret: true }),
  cafile: text({ help: "PEM file: whom to believe to be OpenStack's services, instead of the system's" }),
  insecure: boolean({ help: 'whether to believe everybody' }),
};

export type LoginSettings = Values<{ login: typeof loginOptions }>['login'];

export interface ServiceLogin {
  readonly authUrl: string;
  readonly credentials: Credentials;
}

/** @param group where the settings stand, for messages @throws ConfigError naming what is missing */
export function serviceLogin(group: string, settings: LoginSettings): ServiceLogin {
  const { auth_url: authUrl } = settings;
  if (authUrl === undefined) {
    throw wrong(group, 'auth_url', "must be set to Keystone's address, http://HOST:5000/v3");
  }
  return { authUrl, credentials: credentials(group, settings) };
}

/** Where a service is reached: `public`, `internal` or `admin`, with or without `URL` behind it. */
export function endpointType(): Option<Interface> {
  return {
    ...text({ default: 'public' }),
    default: 'public',
    expects: 'public, internal or admin',
    parse(value) {
      const name = value.replace(/URL$/, '');
      if (name === 'public' || name === 'internal' || name === 'admin') return name;
      throw new NotAValue();
    },
  };
}

/** keystoneauth's plug-ins, with and without their version. */
function credentials(group: string, settings: LoginSettings): Credentials {
  const type = settings.auth_type.replace(/^v3/, '');
  if (type === 'password') {
    const { password } = settings;
    if (settings.username === undefined && settings.user_id === undefined) {
      throw wrong(group, 'username', 'must be set');
    }
    if (password === undefined) throw wrong(group, 'password', 'must be set');
    const user = {
      id: settings.user_id,
      name: settings.username,
      domainId: settings.user_domain_id ?? settings.default_domain_id,
      domainName: settings.user_domain_name ?? settings.default_domain_name,
    };
    return { type: 'password', user, password, scope: scope(group, settings) };
  }
  if (type === 'token') {
    const { token } = settings;
    if (token === undefined) throw wrong(group, 'token', 'must be set for auth_type = token');
    return { type: 'token', token, scope: scope(group, settings) };
  }
  if (type === 'applicationcredential') {
    const { application_credential_id: id, application_credential_secret: secret } = settings;
    if (id === undefined || secret === undefined) {
      throw wrong(group, 'application_credential_id', 'and application_credential_secret must be set');
    }
    return { type: 'application_credential', id, secret };
  }
  throw wrong(group, 'auth_type', 'must be password, token or v3applicationcredential');
}

function scope(group: string, settings: LoginSettings): Scope {
  const { project_id: id, project_name: name } = settings;
  if (id === undefined && name === undefined) {
    throw wrong(group, 'project_name', 'must be set: the project that it acts in');
  }
  return {
    project: {
      id,
      name,
      domainId: settings.project_domain_id ?? settings.default_domain_id,
      domainName: settings.project_domain_name ?? settings.default_domain_name,
    },
  };
}

function wrong(group: string, option: string, message: string): ConfigError {
  return new ConfigError([{ group, option, message }]);
}
