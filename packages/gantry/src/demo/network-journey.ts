import { networkClient, type Session } from '@gantry/openstack';
import { heading, showCall, type as run } from '../cli/terminal.ts';

export interface Stage {
  /** Socket of the demo's own Docker engine. */
  readonly docker: string;
  readonly session: Session;
  readonly signal: AbortSignal;
}

const CREATE =
  'docker network create --driver=kuryr --ipam-driver=kuryr --subnet 10.0.0.0/16 --gateway 10.0.0.1 --ip-range 10.0.0.0/24 bar';
const RUN = 'docker run --net=bar -itd --name=nginx-container nginx';
const ADDRESS = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';

/** The first journey: a container on a Neutron network. */
export async function networkJourney(stage: Stage): Promise<void> {
  const options = { env: { DOCKER_HOST: `unix://${stage.docker}` }, signal: stage.signal };
  const docker = (line: string): Promise<string> => run(line.split(' '), options);

  heading('A container on a Neutron network: Kuryr');
  await docker(CREATE);
  await docker(RUN);
  const address = (await run(['docker', 'inspect', '-f', ADDRESS, 'nginx-container'], options)).trim();
  await docker(`docker run --rm --net=bar busybox wget -qO- http://${address}/`);

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
  const options = { env: { DOCKER_HOST: `unix://${stage.docker}` }, signal: stage.signal };
  await run(['docker', 'rm', '-f', 'nginx-container'], options);
  await run(['docker', 'network', 'rm', 'bar'], options);
  const networks = await networkClient(stage.session).networks.list();
  const left = networks.find((network) => network.name.startsWith('kuryr-net'));
  if (left) throw new Error(`Neutron still has the network ${left.name}`);
}
