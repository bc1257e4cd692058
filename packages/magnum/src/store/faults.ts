/** What the database refused or couldn't do, whichever database it is. `cause` is its own words. */
export abstract class StoreFault extends Error {}

/** Somebody else was first with what must be there once only. */
export class AlreadyThere extends StoreFault {
  override readonly name = 'AlreadyThere';
}

/** A value that the column can't hold. */
export class UnstorableValue extends StoreFault {
  override readonly name = 'UnstorableValue';
  /** Undefined where the database doesn't say. */
  readonly column: string | undefined;

  constructor(column: string | undefined, reason: string, cause?: unknown) {
    super(`Invalid input for field/attribute ${column ?? 'of this request'}: ${reason}.`, { cause });
    this.column = column;
  }
}

/** Two transactions stood in each other's way, and this one had to yield. Nothing of it was done: it can be done again. */
export class Yielded extends StoreFault {
  override readonly name = 'Yielded';
}

/** The database can't be reached, or the connection broke. */
export class StoreUnreachable extends StoreFault {
  override readonly name = 'StoreUnreachable';
  /** Whether the statement certainly was not carried out. */
  readonly untouched: boolean;

  constructor(message: string, untouched: boolean, cause: unknown) {
    super(message, { cause });
    this.untouched = untouched;
  }
}

/** The database is not one that this can work with: its tables, its layout, what we may do there. */
export class StoreFileError extends StoreFault {
  override readonly name = 'StoreFileError';
}

/** What the drivers attach to their errors. */
interface DriverError {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly errcode?: unknown;
  readonly message: string;
}

const NEVER_ARRIVED = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ETIMEDOUT',
]);
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST', 'EPROTO']);

/**
 * Error numbers of MariaDB that mean "yield": deadlock, lock wait timeout, and Galera's "not now"; the record
 * changed since it was read (1020).
 */
const MARIADB_YIELD = new Set([1213, 1205, 1020, 1047]);
/** The server says goodbye, or can't take one more. */
const MARIADB_GONE = new Set([1040, 1053, 1927, 1203, 4031]);

/** Tells by the driver's error what happened. What is none of these stays as it is. */
export function faultOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreFault) return error;
  const { code, errno, errcode, message }: DriverError = error;
  if (typeof errcode === 'number') return sqliteFault(error, errcode);
  if (typeof code === 'string' && (NEVER_ARRIVED.has(code) || BROKEN.has(code))) {
    return new StoreUnreachable(
      `the database can't be reached: ${message || code}`,
      NEVER_ARRIVED.has(code),
      error,
    );
  }
  if (
    /Connection terminated|connection is in closed state|timeout exceeded when trying to connect/i.test(
      message,
    )
  ) {
    return new StoreUnreachable(
      `the connection to the database broke: ${message}`,
      /timeout|closed/.test(message),
      error,
    );
  }
  if (typeof errno === 'number') return mariadbFault(error, errno);
  return typeof code === 'string' ? postgresFault(error, code) : error;
}

function sqliteFault(error: Error, code: number): unknown {
  if (code === 2067 || code === 1555) return new AlreadyThere(error.message, { cause: error });
  // SQLITE_BUSY and SQLITE_LOCKED, with whatever more detailed code.
  return [5, 6].includes(code & 0xff) ? new Yielded(error.message, { cause: error }) : error;
}

function mariadbFault(error: Error, code: number): unknown {
  if (MARIADB_YIELD.has(code)) return new Yielded(error.message, { cause: error });
  if (MARIADB_GONE.has(code)) return new StoreUnreachable(error.message, true, error);
  if (code === 1062) return new AlreadyThere(error.message, { cause: error });
  const column = /[Cc]olumn (?:`[^`]*`\.`[^`]*`\.)?[`']([^`']+)[`']/.exec(error.message)?.[1];
  if (code === 1406) return new UnstorableValue(column, 'it is too long', error);
  if (code === 1264) return new UnstorableValue(column, 'the number is too large', error);
  // A character outside of the BMP in a table of "utf8", or two character sets that can't be compared.
  if (code === 1366 || code === 1267 || code === 3988) {
    return new UnstorableValue(column, 'it has a character that the database can not hold', error);
  }
  return error;
}

function postgresFault(error: Error, code: string): unknown {
  if (code === '40001' || code === '40P01' || code === '55P03')
    return new Yielded(error.message, { cause: error });
  if (code.startsWith('08') || code.startsWith('57P') || code === '53300') {
    return new StoreUnreachable(error.message, code === '57P03' || code === '53300', error);
  }
  if (code === '23505') return new AlreadyThere(error.message, { cause: error });
  if (code === '22001') return new UnstorableValue(undefined, 'it is too long', error);
  if (code === '22003') return new UnstorableValue(undefined, 'the number is too large', error);
  if (code === '22021' || code === '22P05') {
    return new UnstorableValue(undefined, 'it has a character that the database can not hold', error);
  }
  return error;
}
