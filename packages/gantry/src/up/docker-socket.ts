import { UserError } from '../cli/exit.ts';

/** Path of the Docker engine's socket: as given, or from `$DOCKER_HOST`, or Docker's own. @throws UserError for an engine elsewhere */
export function dockerSocket(given: string | undefined): string {
  const host = given ?? process.env['DOCKER_HOST'] ?? '/var/run/docker.sock';
  const path = host.replace(/^unix:\/\//, '');
  if (path.startsWith('/')) return path;
  throw new UserError(
    `the Docker engine at ${host} is of no use here: servers and networks must be on this machine: name its Unix socket with --docker`,
  );
}
