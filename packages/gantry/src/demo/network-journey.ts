import { networkClient, type Session } from '@gantry/openstack';
import { heading, showCall } from '../cli/terminal.ts';
import { typeDocker, type DockerTyper } from './type-docker.ts';

export interface Stage extends DockerTyper {
  /** Socket of the demo's own Docker engine. */
  readonly docker: string;
  readonly session: Session;
}

const CREATE =
  'docker network create --driver=kuryr --ipam-driver=kuryr --subnet 10.0.0.0/16 --gateway 10.0.0.1 --ip-range 10.0.0.0/24 bar';
const RUN = 'docker run --net=bar -itd --name=nginx-container nginx';
const ADDRESS = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';

/** The first journey: a container on a Neutron network. */
export async function networkJourney(stage: Stage): Promise<void> {
  heading('A container on a Neutron network: Kuryr');
  await docker(stage, CREATE);
  await docker(stage, RUN);
  const address = (await docker(stage, 'docker inspect nginx-container -f', ADDRESS)).trim();
  await docker(stage, `docker run --rm --net=bar busybox wget -qO- http://${address}/`);

  const { ports } = networkClient(stage.session);
  const [port] = await ports.list({ fixed_ips: `ip_address=${address}` });
  if (!port) throw new Error(`Neutron has no port with the address ${address} of nginx-container`);
  showCall(
    'GET',
    `/network/v2.0/ports?fixed_ips=ip_address=${address}`,
    `openstack port list --fixed-ip ip-address=${address}`,
    [
      ['id', port.id],
      ['mac_address', port.mac_address],
      ['fixed_ips', port.fixed_ips],
      ['device_owner', port.device_owner],
      ['status', port.status],
      ['tags', port.tags],
    ],
  );
}

/** Takes away what the journey made. */
export async function endNetworkJourney(stage: Stage): Promise<void> {
  await docker(stage, 'docker rm -f nginx-container');
  await docker(stage, 'docker network rm bar');
  const networks = await networkClient(stage.session).networks.list();
  const left = networks.find((network) => network.name.startsWith('kuryr-net'));
  if (left) throw new Error(`Neutron still has the network ${left.name}`);
}

function docker(stage: Stage, line: string, ...words: string[]): Promise<string> {
  return typeDocker({ DOCKER_HOST: `unix://${stage.docker}` }, stage, [...line.split(' '), ...words]);
}
