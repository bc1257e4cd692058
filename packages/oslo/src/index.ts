export { createLogger, type Logger, type LoggerOptions } from './logs/logger.ts';
export { ConfigError, describeProblem, type Place, type Problem } from './config/config-error.ts';
export { configArguments, loadConfig, type Loaded, type Sources } from './config/load.ts';
/** Declarations of options: `option.port({ default: 9511 })`. */
export * as option from './config/option.ts';
export type { Option, OptionSchema, Values } from './config/option.ts';
