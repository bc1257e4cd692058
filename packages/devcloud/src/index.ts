/** The embedded OpenStack: its frame, its services, and what runs its servers. */
export { mountCloud, type CloudOptions, type RunningCloud } from './cloud/cloud.ts';
export type { Caller, Cloud, CloudService, ServiceFactory } from './cloud/service.ts';
export { openStore, StateFileError, type Store } from './cloud/store.ts';
export { compute, type ComputeOptions } from './compute/compute.ts';
export {
  containerHypervisor,
  type ContainerHypervisorOptions,
} from './compute/containers/container-hypervisor.ts';
export { DockerEngine } from './compute/containers/docker-engine.ts';
export { DockerError } from './compute/containers/docker-error.ts';
export { checkHost, type HostCheck } from './compute/containers/host-check.ts';
export { cloudsWithServers, removeServers } from './compute/containers/remove-servers.ts';
export type { Hypervisor, ServerSpec } from './compute/hypervisor.ts';
export { simulatedHypervisor, type SimulatedOptions } from './compute/simulated-hypervisor.ts';
export { identity, type IdentityOptions } from './identity/identity.ts';
export { image, type ImageOptions } from './image/image.ts';
export { LinkError } from './network/agent/links.ts';
export { cloudsOnThisMachine, removeDataPlane, type Removed } from './network/agent/remove-data-plane.ts';
export { network, type NetworkOptions } from './network/network.ts';
export { orchestration } from './orchestration/orchestration.ts';
export { volume, type VolumeOptions } from './volume/volume.ts';
