import { option } from '@gantry/oslo';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.ts';

const { integer, text } = option;

const address = text({
  deprecated: ['sql_connection', 'DEFAULT/sql_connection', 'sql/connection'],
  secret: true,
  help: 'address of the database, as SQLAlchemy writes it',
});

/** What of `magnum.conf` the store looks at; names and defaults are oslo.db's. */
export const databaseOptions = {
  database: {
    connection: {
      ...address,
      expects: 'mysql+pymysql://USER:PASSWORD@HOST/DATABASE, postgresql://… or sqlite:///PATH',
      parse(value: string) {
        try {
          parseDatabaseUrl(value);
          return value;
        } catch (error) {
          throw error instanceof DatabaseUrlError ? new option.NotAValue(error.message) : error;
        }
      },
    },
    max_pool_size: integer({ default: 5, min: 0, help: 'connections kept open; 0: no limit' }),
    max_overflow: integer({ default: 50, min: -1, help: 'connections beyond them, at a time' }),
    max_retries: integer({ default: 10, min: -1, help: 'tries to reach it at the start; -1: for ever' }),
    retry_interval: integer({ default: 10, min: 0, help: 'seconds between them' }),
  },
} as const;
