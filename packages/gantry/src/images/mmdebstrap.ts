import { UserError } from '../cli/exit.ts';
import { ProgramError, runProgram } from '../host/run-program.ts';

/** An image can't be made here; the message says what to do about it. */
export class ImageBuildError extends UserError {
  override readonly name: string = 'ImageBuildError';
}

/**
 * Runs mmdebstrap in name spaces of its own: the file systems that it mounts into its chroot go when it goes, however
 * that happens, so the folder can be removed afterwards without reaching into `/dev` or `/proc`. All of it
 * goes at once when it is told to end, or when this process is killed.
 *
 * @param tmp an empty folder for what it needs meanwhile
 * @throws {@link ImageBuildError}
 */
export async function mmdebstrap(
  args: readonly string[],
  tmp: string,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const isolated = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];
  try {
    const command = ['unshare', ...isolated, 'mmdebstrap', ...(await proxyArguments()), ...args];
    await runProgram('setpriv', ['--pdeathsig', 'KILL', ...command], {
      onLine,
      ownSession: true,
      killSignal: 'SIGKILL',
      env: { ...process.env, TMPDIR: tmp, LC_ALL: 'C.UTF-8' },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    throw new ImageBuildError(advice(error.message), { cause: error });
  }
}

function advice(message: string): string {
  if (/unshare: failed to execute|is not installed/.test(message)) {
    return (
      'images are built with mmdebstrap, which is not installed: ' +
      'apt-get install mmdebstrap (on Debian or Ubuntu; other systems are not supported)'
    );
  }
  if (/No space left/.test(message)) return `the disk is full: building images needs about 2 GiB. ${message}`;
  if (/Could not resolve|Failed to fetch|Unable to connect|Temporary failure/.test(message)) {
    return `Debian's package servers can't be reached (http://deb.debian.org): ${message}`;
  }
  return message;
}

/** The machine's way out, where apt has been told of a proxy. */
async function proxyArguments(): Promise<string[]> {
  const settings = await runProgram('apt-config', [
    'dump',
    '--format',
    '%f %v%n',
    'Acquire::http::Proxy',
  ]).catch(() => '');
  const proxy = /^Acquire::http::Proxy (\S+)$/m.exec(settings)?.[1];
  return proxy ? [`--aptopt=Acquire::http::Proxy "${proxy}"`] : [];
}
