export { createLogger, type Logger, type LoggerOptions } from './logs/logger.ts';
export { ConfigError, describeProblem, type Place, type Problem } from './config/config-error.ts';
export { configArguments, loadConfig, type Loaded, type Sources } from './config/load.ts';
/** Declarations of options: `option.port({ default: 9511 })`. */
export * as option from './config/option.ts';
export type { Option, OptionSchema, Values } from './config/option.ts';
export { corsHeaders, corsOptions, preflight, type CorsSettings } from './http/cors.ts';
export { healthcheck, healthcheckOptions, type HealthcheckSettings } from './http/healthcheck.ts';
export { newRequestId } from './http/request-id.ts';
export { publicAddress, type AddressedRequest, type AddressOptions } from './http/public-address.ts';
export { contextOf, type RequestContext } from './keystone/request-context.ts';
export {
  endpointType,
  loginOptions,
  serviceLogin,
  type LoginSettings,
  type ServiceLogin,
} from './keystone/service-login.ts';
export {
  createTokenCheck,
  KeystoneUnavailable,
  type TokenCheck,
  type TokenCheckOptions,
} from './keystone/token-check.ts';
export { callerOf, type CallerSettings } from './keystone/caller-check.ts';
export { unauthorized, type Unauthorized } from './keystone/unauthorized.ts';
export { createEnforcer, credentialsOf, type Enforcer, type EnforcerOptions } from './policy/enforcer.ts';
export { policyOptions, type PolicyDefault, type Scope } from './policy/policy-defaults.ts';
export { PolicyError, RuleSyntaxError } from './policy/policy-error.ts';
export type { PolicyPlaces } from './policy/policy-files.ts';
export { parseRule, type ParsedRule } from './policy/rule-parser.ts';
export type { Check, Credentials } from './policy/check.ts';
