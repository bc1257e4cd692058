export { createLogger, type Logger, type LoggerOptions } from './logs/logger.ts';
export { ConfigError, describeProblem, type Place, type Problem } from './config/config-error.ts';
export { configArguments, loadConfig, type Loaded, type Sources } from './config/load.ts';
/** Declarations of options: `option.port({ default: 9511 })`. */
export * as option from './config/option.ts';
export type { Option, OptionSchema, Values } from './config/option.ts';
export { newRequestId } from './http/request-id.ts';
export { publicAddress, type AddressedRequest, type AddressOptions } from './http/public-address.ts';
export { contextOf, type RequestContext } from './keystone/request-context.ts';
export {
  createTokenCheck,
  KeystoneUnavailable,
  type TokenCheck,
  type TokenCheckOptions,
} from './keystone/token-check.ts';
export { unauthorized, type Unauthorized } from './keystone/unauthorized.ts';
/** Rules to put policies together from: `policy.anyOf(policy.admin, policy.projectMember)`. */
export * as policy from './policy/policy.ts';
export type { Enforcer, Policies, Rule, Target } from './policy/policy.ts';
