import { UserError } from '../cli/exit.ts';

/**
 * Errors of the other packages whose message is meant for the user as it is, by name: to have their classes here, every
 * command would load every package.
 */
const SPEAKING = new Set([
  'StateFileError',
  'LinkError',
  'DockerError',
  'JournalError',
  'SocketError',
  'StoreFileError',
  'StoreUnreachable',
  'ConfigError',
]);

/**
 * What the user is shown of a failure: one line that says what to do. Faults of our own making stay what they are, so
 * that their stack is seen.
 *
 * @param log where more about it stands
 */
export function asUserError(error: unknown, log: string): unknown {
  if (error instanceof UserError || !(error instanceof Error)) return error;
  if (SPEAKING.has(error.name)) return new UserError(error.message, { cause: error });
  if (error.name === 'OpenStackError' || error.name === 'NoAnswer') {
    return new UserError(`${error.message} (more in ${log})`, { cause: error });
  }
  const said = fileSystemMessage(error);
  return said === undefined ? error : new UserError(said, { cause: error });
}

/** Node's own errors of files: `code`, `path`, and a message that starts with the code. */
function fileSystemMessage(error: Error): string | undefined {
  const { code, path, syscall } = error as { code?: unknown; path?: unknown; syscall?: unknown };
  if (typeof code !== 'string' || typeof syscall !== 'string') return undefined;
  const where = typeof path === 'string' ? path : syscall;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `${where}: the disk is full: free some space on it and start again. Nothing is lost.`;
    case 'EACCES':
    case 'EPERM':
      return `${where}: this user may not do that (${syscall}): use another folder, or another user.`;
    case 'EROFS':
      return `${where}: the file system is read-only: use another folder, or mount it writable.`;
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
      return `${where}: something else is in that place (${error.message}): move it away. Nothing was changed.`;
    case 'EMFILE':
    case 'ENFILE':
      return `too many open files: raise the limit (ulimit -n) and start again.`;
    default:
      return typeof path === 'string' ? error.message : undefined;
  }
}
