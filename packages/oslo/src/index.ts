export { createLogger, type Logger, type LoggerOptions } from './logs/logger.ts';
