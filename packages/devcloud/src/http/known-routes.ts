import type { FastifyInstance } from 'fastify';

/** Tells a path that has no route at all (404) from one that has none for this method (405). */
export interface KnownRoutes {
  /** Methods with a route for a path, sorted; empty if there is none. */
  methodsFor(url: string): string[];
}

/** Watches the routes that are registered on `app` from now on. */
export function watchRoutes(app: FastifyInstance): KnownRoutes {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = url
      .split('/')
      .map((step) => (step.startsWith(':') ? '[^/]+' : RegExp.escape(step)))
      .join('/');
    routes.push({ methods: [method].flat(), path: new RegExp(`^${pattern}$`) });
  });
  return {
    methodsFor(url) {
      const path = url.split('?')[0] ?? '';
      const found = routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
      return [...new Set(found)].toSorted();
    },
  };
}
