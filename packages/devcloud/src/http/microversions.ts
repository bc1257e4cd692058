import type { FastifyInstance, FastifyRequest } from 'fastify';
import { faultBody } from './fault.ts';

/** The minor number of a microversion: all services that use this are at major 2 (Nova) or 3 (Cinder). */
export interface Microversions {
  /** As it stands in `OpenStack-API-Version`: `compute`, `volume`. */
  readonly service: string;
  readonly major: number;
  readonly min: number;
  readonly max: number;
  /** The service's own header from before there was a common one. */
  readonly legacyHeader?: string;
}

/**
 * Refuses microversions that aren't there (406) or aren't versions (400), and says in each answer which one
 * was used.
 */
export function negotiateMicroversions(app: FastifyInstance, versions: Microversions): void {
  app.addHook('onRequest', async (request, reply) => {
    const asked = askedVersion(request, versions);
    const vary = ['OpenStack-API-Version', ...(versions.legacyHeader ? [versions.legacyHeader] : [])];
    reply.header('vary', vary.join(', '));
    const match = /^(\d+)\.(\d+)$/.exec(asked);
    if (!match) {
      const message = `API Version String '${asked}' is of invalid format. Must be of format MajorNum.MinorNum.`;
      return reply.code(400).send(faultBody(400, message));
    }
    const minor = Number(match[2]);
    if (Number(match[1]) !== versions.major || minor < versions.min || minor > versions.max) {
      const range = `Minimum is ${versions.major}.${versions.min} and maximum is ${versions.major}.${versions.max}.`;
      return reply.code(406).send(faultBody(406, `Version ${asked} is not supported by the API. ${range}`));
    }
    reply.header('openstack-api-version', `${versions.service} ${asked}`);
    if (versions.legacyHeader) reply.header(versions.legacyHeader.toLowerCase(), asked);
    return undefined;
  });
}

/** The minor number a request asks for; the lowest if it says nothing, as every service does. */
export function minorOf(request: FastifyRequest, versions: Microversions): number {
  return Number(askedVersion(request, versions).split('.')[1]);
}

function askedVersion(request: FastifyRequest, versions: Microversions): string {
  const header = request.headers['openstack-api-version'];
  for (const part of String(header ?? '').split(',')) {
    const [service, version] = part.trim().split(/\s+/);
    if (service === versions.service && version !== undefined) return named(version, versions);
  }
  const legacy = versions.legacyHeader && request.headers[versions.legacyHeader.toLowerCase()];
  if (typeof legacy === 'string') return named(legacy, versions);
  return `${versions.major}.${versions.min}`;
}

function named(version: string, versions: Microversions): string {
  return version === 'latest' ? `${versions.major}.${versions.max}` : version;
}
