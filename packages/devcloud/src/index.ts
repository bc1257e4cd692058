export { DockerEngine, DockerError } from './compute/containers/docker-engine.ts';
