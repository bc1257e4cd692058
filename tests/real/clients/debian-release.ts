import { mkdirSync, mkdtempSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mmdebstrap } from 'gantry';

/** A Debian whose clients are tried: `bookworm` is the machine's own. */
export type Release = 'bookworm' | 'trixie' | 'sid';

const PACKAGES = ['base-files', 'python3-openstackclient', 'python3-heatclient', 'python3-magnumclient'];

/**
 * The folder of a Debian with nothing but the clients and what they need, to change root into. Made once, of packages that are
 * unpacked but not installed, and kept in .cache: whoever wants today's sid removes it there.
 */
export async function debianRelease(release: Exclude<Release, 'bookworm'>): Promise<string> {
  const cache = resolve('.cache/debian');
  const root = join(cache, release);
  if (existsSync(root)) return root;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'building-'));
  try {
    const made = join(work, release);
    await mmdebstrap(
      [
        '--mode=root',
        '--format=directory',
        '--variant=extract',
        `--include=${PACKAGES.join(',')}`,
        '--aptopt=APT::Install-Recommends "false"',
        // A mirror may be some days behind.
        '--aptopt=Acquire::Check-Valid-Until "false"',
        ...['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
        // What the installation of ca-certificates would do; without it Python's requests can't be loaded.
        '--extract-hook=mkdir -p "$1/mnt" "$1/etc/ssl/certs" && cat "$1"/usr/share/ca-certificates/mozilla/*.crt > "$1/etc/ssl/certs/ca-certificates.crt"',
        release,
        made,
      ],
      work,
      () => undefined,
    );
    renameSync(made, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return root;
}
