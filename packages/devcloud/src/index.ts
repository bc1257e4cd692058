export {
  containerHypervisor,
  type ContainerHypervisorOptions,
} from './compute/containers/container-hypervisor.ts';
export { DockerEngine, DockerError } from './compute/containers/docker-engine.ts';
export { checkHost, type HostCheck } from './compute/containers/host-check.ts';
export { removeServers } from './compute/containers/remove-servers.ts';
