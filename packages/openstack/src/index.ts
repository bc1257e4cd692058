/** Typed clients of OpenStack's services, and the sessions they ask through. */
export * from './session/auth.ts';
export * from './session/errors.ts';
export * from './session/session.ts';
export * from './session/shared-reads.ts';
export * from './session/transport.ts';
export * from './resources/collection.ts';
export * from './resources/compute.ts';
export * from './resources/identity.ts';
export * from './resources/image.ts';
export * from './resources/load-balancer.ts';
export * from './resources/network.ts';
export * from './resources/orchestration.ts';
export * from './resources/volume.ts';
