import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where `gantry images` keeps what it has made: `$XDG_CACHE_HOME/gantry/images`, or below `~/.cache`. */
export function defaultImageCache(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'gantry', 'images');
}
