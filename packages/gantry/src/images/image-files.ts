import type { ImageFile } from './image-file.ts';

/**
 * cloud-init of a server. The modules are those that mean something in a container; each that is left out is
 * one that is not imported at every boot. Host keys: the kind that is made fast and that every client takes.
 */
export const cloudConfig = `datasource_list: [NoCloud, None]
datasource:
  NoCloud: {}
users: [default]
disable_root: true
preserve_hostname: false
manage_etc_hosts: true
locale: "false"
ssh_genkeytypes: [ed25519]
ssh_deletekeys: false
apt: {preserve_sources_list: true}
cloud_init_modules:
  - bootcmd
  - write-files
  - disk_setup
  - mounts
  - set_hostname
  - update_hostname
  - update_etc_hosts
  - ca-certs
  - users-groups
  - ssh
cloud_config_modules:
  - locale
  - set-passwords
  - apt-configure
  - timezone
  - runcmd
cloud_final_modules:
  - package-update-upgrade-install
  - write-files-deferred
  - scripts-vendor
  - scripts-per-once
  - scripts-per-boot
  - scripts-per-instance
  - scripts-user
  - ssh-authkey-fingerprints
  - phone-home
  - final-message
  - power-state-change
system_info:
  distro: debian
  default_user:
    name: debian
    lock_passwd: true
    gecos: Debian
    groups: [adm, sudo, docker]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
    shell: /bin/bash
  network: {renderers: [networkd]}
  paths: {cloud_dir: /var/lib/cloud/, templates_dir: /etc/cloud/templates/}
  package_mirrors:
    - arches: [default]
      failsafe: {primary: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security"}
  ssh_svcname: ssh
output: {all: "| tee -a /var/log/cloud-init-output.log"}
`;

/** The journal lives in memory: it would only fill the server's disk, and what matters is on the console. */
export const journaldConfig = `[Journal]
Storage=volatile
RuntimeMaxUse=16M
`;

export const preloadUnit = `[Unit]
Description=Images that came with this server, for its Docker engine
After=cloud-final.service docker.socket

[Service]
Type=exec
ExecStart=/usr/local/sbin/gantry-images
Nice=10

[Install]
WantedBy=cloud-init.target
`;

/**
 * Loads each image once. Not a dependency on docker.service, which would start it early in the boot: the first
 * command wakes it through its socket; an engine
 * that doesn't answer is asked again, as user data may be restarting it.
 */
export function preloadScript(folder: string): string {
  return `#!/bin/sh
for archive in ${folder}/*.tar; do
  [ -e "$archive" ] || continue
  loaded=/var/lib/docker/gantry-loaded-$(basename "$archive")
  [ -e "$loaded" ] && continue
  tries=0
  until docker load --quiet --input "$archive"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || exit 1
    sleep 1
  done
  touch "$loaded"
done
`;
}

/** Logs to the container's own output and serves Debian's welcome page. */
export const nginxConfig = `user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
  server {
    listen 80 default_server;
    listen [::]:80 default_server;
    root /var/www/html;
    index index.html;
  }
}
`;

export const busyboxEtc: readonly ImageFile[] = [
  {
    path: '/etc/passwd',
    content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
    mode: '0644',
  },
  { path: '/etc/group', content: 'root:x:0:\nnogroup:x:65534:\n', mode: '0644' },
];
