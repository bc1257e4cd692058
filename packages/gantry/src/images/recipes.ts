import { createHash } from 'node:crypto';
import { cloudInitStages } from './cloud-init-stages.ts';
import {
  busyboxEtc,
  cloudConfig,
  journaldConfig,
  nginxConfig,
  preloadScript,
  preloadUnit,
} from './image-files.ts';
import type { ImageFile } from './image-file.ts';

/** How a container image is made from Debian's packages alone; no registry of images is asked. */
export interface Recipe {
  /** The reference the image is loaded under: `nginx:latest`. */
  readonly reference: string;
  /** What it is, for the progress display. */
  readonly title: string;
  /** mmdebstrap's variant: `apt` is a Debian that runs, `extract` only unpacks packages. */
  readonly variant: 'apt' | 'extract';
  readonly packages: readonly string[];
  readonly files: readonly ImageFile[];
  /** Shell commands that end the build, with the image's root folder in `$1`. */
  readonly finish: readonly string[];
  /** What a container of it runs, as in Docker's image configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Images that are put inside, for the Docker engine of the server: `docker load` finds them at boot. */
  readonly preloaded: readonly Recipe[];
}

/** Where a server finds the images that it loads into its Docker engine at boot. */
export const PRELOAD_FOLDER = '/var/lib/gantry/images';
const SUITE = 'bookworm';

/** What no container looks at: manuals, translations and packaging texts are half of some packages. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*'];

export const nginx: Recipe = {
  reference: 'nginx:latest',
  title: 'nginx',
  variant: 'extract',
  packages: [
    'nginx-light',
    'curl',
    'ca-certificates',
    'dash',
    'coreutils',
    'base-files',
    'base-passwd',
    'libc-bin',
  ],
  files: [{ path: '/etc/nginx/nginx.conf', content: nginxConfig, mode: '0644' }],
  finish: [
    // Unpacked packages have not run their installation scripts; this is what is needed of those.
    'cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd"',
    'cp "$1/usr/share/base-passwd/group.master" "$1/etc/group"',
    'chroot "$1" /sbin/ldconfig',
    'ln -sf dash "$1/bin/sh"',
    'mkdir -p "$1/etc/ssl/certs" && find "$1/usr/share/ca-certificates" -name "*.crt" -exec cat {} + > "$1/etc/ssl/certs/ca-certificates.crt"',
    'mkdir -p "$1/var/www/html" && cp "$1/usr/share/nginx/html/index.html" "$1/var/www/html/index.html"',
    'mkdir -p "$1/var/log/nginx" "$1/var/lib/nginx"',
    'chroot "$1" /usr/sbin/nginx -t -q',
    'ln -sf /dev/stdout "$1/var/log/nginx/access.log" && ln -sf /dev/stderr "$1/var/log/nginx/error.log"',
    'rm -rf "$1/usr/share/perl5" "$1/usr/lib/x86_64-linux-gnu/perl-base" "$1/usr/bin/perl" "$1/usr/share/ca-certificates"',
    'rm -rf "$1/usr/share/zoneinfo" "$1/usr/lib/x86_64-linux-gnu/gconv" && mkdir -p "$1/var/cache/nginx"',
  ],
  config: {
    Cmd: ['nginx', '-g', 'daemon off;'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ExposedPorts: { '80/tcp': {} },
    StopSignal: 'SIGQUIT',
  },
  preloaded: [],
};

export const busybox: Recipe = {
  reference: 'busybox:latest',
  title: 'busybox',
  variant: 'extract',
  packages: ['busybox-static'],
  files: busyboxEtc,
  finish: [
    'mkdir -p "$1/root" "$1/proc" "$1/sys" && rm -rf "$1/usr"',
    'for applet in $("$1/bin/busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"; done',
  ],
  config: { Cmd: ['sh'], Env: ['PATH=/bin'] },
  preloaded: [],
};

/**
 * A server: systemd as PID 1, cloud-init for the user data, sshd, and a Docker engine. What has no meaning in
 * a container, or would only delay its boot, is masked.
 */
export const server: Recipe = {
  reference: 'gantry/server:bookworm',
  title: 'server',
  variant: 'apt',
  packages: words(`
    systemd systemd-sysv dbus cloud-init openssh-server sudo locales
    docker.io iptables iproute2 procps iputils-ping kmod e2fsprogs
    ca-certificates curl openssl jq netcat-openbsd
  `),
  files: [
    { path: '/etc/cloud/cloud.cfg', content: cloudConfig, mode: '0644' },
    { path: '/etc/default/locale', content: 'LANG=C.UTF-8\n', mode: '0644' },
    { path: '/etc/systemd/journald.conf.d/gantry.conf', content: journaldConfig, mode: '0644' },
    { path: '/etc/systemd/system/gantry-images.service', content: preloadUnit, mode: '0644' },
    ...cloudInitStages,
    { path: '/usr/local/sbin/gantry-images', content: preloadScript(PRELOAD_FOLDER), mode: '0755' },
  ],
  finish: [
    'chroot "$1" systemctl -q enable gantry-images.service systemd-networkd.service',
    // Docker is started by its socket, by user data, or by the loading of images, whichever comes first: so
    // user data that configures it doesn't have to wait for a start and a stop with the wrong configuration.
    'chroot "$1" systemctl -q disable docker.service containerd.service e2scrub_reap.service systemd-pstore.service || true',
    `chroot "$1" systemctl -q mask ${maskedUnits().join(' ')}`,
    ...deadGenerators().map((name) => `rm -f "$1/lib/systemd/system-generators/systemd-${name}-generator"`),
    // Tools for those who develop Docker itself, and what ran containers before containerd 1.4.
    'cd "$1/usr" && rm -f bin/ctr sbin/ovrouter sbin/dnet bin/ovrouter bin/dnet bin/containerd-shim bin/containerd-shim-runc-v1',
    'rm -f "$1"/etc/ssh/ssh_host_*_key* "$1/etc/machine-id" "$1/var/lib/dbus/machine-id"',
    // The clock of a container is its host's, and a server without a machine id gets one at its first boot.
    'touch "$1/etc/machine-id"',
    'rm -rf "$1"/var/cache/* "$1"/var/log/* "$1"/usr/share/i18n/locales/*@* "$1"/usr/share/bash-completion',
    // Debian's cloud.cfg fragments would bring back the list of all clouds.
    'rm -f "$1"/etc/cloud/cloud.cfg.d/90_dpkg.cfg',
  ],
  config: {
    Cmd: ['/sbin/init'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'container=docker'],
    StopSignal: 'SIGRTMIN+3',
  },
  preloaded: [nginx, busybox],
};

/** Changes whenever anything that goes into the image does; two images with the same are the same. */
export function recipeHash(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

/** The arguments of mmdebstrap that carry out `recipe`, but for the hooks that copy files from this machine. */
export function mmdebstrapArguments(recipe: Recipe, filesFolder: string, output: string): string[] {
  // Where nothing is installed, nothing is customized either: those hooks are never run.
  const hook = recipe.variant === 'extract' ? '--extract-hook' : '--customize-hook';
  return [
    '--mode=root',
    '--format=tar',
    `--variant=${recipe.variant}`,
    `--include=${recipe.packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...LEFT_OUT.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    `${hook}=sync-in ${filesFolder} /`,
    // mmdebstrap copies both from this machine, whose state must not decide what is in an image.
    `${hook}=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"`,
    ...recipe.finish.map((command) => `${hook}=${command}`),
    SUITE,
    output,
  ];
}

/** Units that fail or wait in a container, or have nothing to do in a server that lives for an afternoon. */
function maskedUnits(): string[] {
  return words(`
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer
    getty.target console-getty.service systemd-logind.service systemd-networkd-wait-online.service
    systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket
    systemd-udev-trigger.service systemd-modules-load.service systemd-remount-fs.service
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount dev-hugepages.mount
    dev-mqueue.mount sys-fs-fuse-connections.mount systemd-pstore.service remote-fs.target
    modprobe@configfs.service modprobe@drm.service modprobe@efi_pstore.service
    modprobe@fuse.service modprobe@dm_mod.service modprobe@loop.service
    systemd-update-utmp.service systemd-update-utmp-runlevel.service cloud-init-hotplugd.socket
    systemd-journal-flush.service systemd-firstboot.service systemd-binfmt.service
    systemd-network-generator.service systemd-ask-password-console.path systemd-ask-password-wall.path
  `);
}

/** Programs that systemd runs before anything else, looking for things that a container hasn't. */
function deadGenerators(): string[] {
  return ['cryptsetup', 'debug', 'getty', 'gpt-auto', 'hibernate-resume', 'integritysetup', 'veritysetup'];
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
