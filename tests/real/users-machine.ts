import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { vi } from 'vitest';

/**
 * The machine of a user who has a Docker of their own, with a container, a network and a plug-in: a mount and a network
 * name space, in which that Docker is where Docker is, and nothing is but theirs and what somebody left there.
 */
export interface UsersMachine {
  /** Starts a program there, as a terminal does: in a process group of its own. */
  start(folder: string, program: string, ...args: string[]): ChildProcess;
  /** All that a stranger could have left or changed, in lines. */
  state(): Promise<string[]>;
  remove(): Promise<void>;
}

/** `$1` holds what is the user's in the places where Docker has it. `ip` keeps the mount it makes for its name spaces. */
const PREPARE = `set -e
mount --make-rprivate /
for place in run var/lib/docker etc/docker; do
  mkdir -p "$1/$place" "/$place"
  mount --bind "$1/$place" "/$place"
done
mkdir -p /run/docker/plugins
# Else it would show the interfaces of the machine that this one is on.
mkdir "$1/cgroup"
mount --rbind /sys/fs/cgroup "$1/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$1/cgroup" /sys/fs/cgroup
ip link set lo up
ip netns add first && ip netns delete first
echo ready
exec sleep infinity`;

const STATE = `set -e
ip -brief link; ip -brief address; ip route; ip rule; ip netns list
for table in raw mangle nat filter; do iptables -w -t $table -S; ip6tables -w -t $table -S; done
cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
ss -Hltun; grep -a gantry /proc/net/unix || true
cut -d ' ' -f 5 /proc/self/mountinfo; find /run -path '*gantry*'; ls /run/docker/plugins /etc/docker
docker ps --all --no-trunc --format '{{.ID}} {{.Names}}'; docker inspect mine --format '{{.State.Pid}} {{.State.StartedAt}}'
docker network ls --no-trunc; docker volume ls; docker image ls; docker exec mine wget -qO- http://mine/passwd`;

/** @param images folder with the archive of busybox */
export async function usersMachine(images: string): Promise<UsersMachine> {
  const folder = mkdtempSync(join(tmpdir(), 'users-machine-'));
  const keeper = spawn('unshare', ['--mount', '--net', 'sh', '-c', PREPARE, 'sh', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(keeper.stdout, 'data');
  const inside = ['--target', String(keeper.pid), '--mount', '--net'];
  const env = { ...process.env, DOCKER_HOST: undefined };
  const sh = async (script: string): Promise<string> =>
    (await promisify(execFile)('nsenter', [...inside, 'sh', '-c', script], { env })).stdout;

  const plugin = volumePlugin(folder);
  plugin.listen(join(folder, 'run/docker/plugins/drawer.sock'));
  const dockerd = spawn('nsenter', [...inside, 'dockerd', '--exec-opt=native.cgroupdriver=cgroupfs'], {
    stdio: 'ignore',
  });
  await vi.waitFor(() => sh('docker version'), { timeout: 60_000, interval: 200 });
  const archive = readdirSync(images).find((name) => name.startsWith('busybox-')) ?? '';
  await sh(`docker load --quiet --input ${join(images, archive)}
    docker network create --subnet 10.77.0.0/24 home
    docker volume create --driver drawer things
    docker run --detach --name mine --net home --publish 127.0.0.1:8080:80 --volume things:/www busybox httpd -f -h /etc`);

  return {
    start: (where, program, ...args) =>
      spawn('nsenter', [...inside, `--wd=${where}`, program, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
        env,
      }),
    state: async () => (await sh(STATE)).split('\n'),
    async remove() {
      await sh('docker rm --force --volumes mine');
      for (const each of [dockerd, keeper]) {
        each.kill('SIGTERM');
        if (each.exitCode === null && each.signalCode === null) await once(each, 'exit');
      }
      plugin.closeAllConnections();
      plugin.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A volume driver, `drawer`: what it is asked for is always there. Source: Docker volume plugins, its protocol. */
function volumePlugin(folder: string): Server {
  const place = { Mountpoint: folder, Volume: { Name: 'things', Mountpoint: folder }, Err: '' };
  return createServer((request, response) => {
    const answer = request.url === '/Plugin.Activate' ? { Implements: ['VolumeDriver'] } : place;
    response.end(JSON.stringify(answer));
  });
}
