import type { FastifyInstance } from 'fastify';
import type { Cloud, CloudService, ServiceFactory } from '../cloud/service.ts';
import { dataRoutes } from './data-routes.ts';
import { discoveryRoutes } from './discovery-routes.ts';
import { answerErrors, takeBodies } from './edge.ts';
import { imageFiles, imageMemory } from './image-data.ts';
import { imageRoutes } from './image-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { recoverImages } from './recover-images.ts';
import { imageTables } from './tables.ts';

export interface ImageOptions {
  /** Folder for the images' data, made if it is not there; without it data is in memory only. */
  readonly dataDir?: string | undefined;
}

/** Glance, Images API v2. */
export function image(options: ImageOptions = {}): ServiceFactory {
  return (cloud: Cloud): CloudService => {
    const tables = imageTables(cloud.store);
    const data = options.dataDir === undefined ? imageMemory() : imageFiles(options.dataDir);
    const context = { cloud, tables, data };
    recoverImages(context);
    return {
      type: 'image',
      name: 'glance',
      path: '/image',
      endpoint: '',
      routes(app: FastifyInstance): void {
        takeBodies(app);
        answerErrors(app, cloud);
        discoveryRoutes(app);
        imageRoutes(app, context);
        dataRoutes(app, context);
        memberRoutes(app, context);
      },
    };
  };
}
