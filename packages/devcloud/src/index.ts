export {
  containerHypervisor,
  type ContainerHypervisorOptions,
} from './compute/containers/container-hypervisor.ts';
export { DockerEngine } from './compute/containers/docker-engine.ts';
export { DockerError } from './compute/containers/docker-error.ts';
export { checkHost, type HostCheck } from './compute/containers/host-check.ts';
export { removeServers } from './compute/containers/remove-servers.ts';
