import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

type Register = FastifyAdapter['post'];

/** The kinds of routes that a deployment serves, besides those that only read. */
interface ServedRoutes {
  /** True for the routes of modules that write, and the routes that only an own store serves. */
  readonly writes: boolean;
  /** True for the routes that record actions in tables that only this service writes. */
  readonly recording: boolean;
}

/** A registered route, with the parts of its declaration that the hooks need. */
interface RegisteredRoute {
  readonly methods: readonly string[];
  readonly pattern: string;
  /** The names of the request headers that the route reads, beside those of all routes. */
  readonly requestHeaders: readonly string[];
}

/**
 * The HTTP adapter. It does not register the routes that the deployment does not serve. So the service treats their
 * paths as unknown.
 */
export class ServedRoutesAdapter extends FastifyAdapter {
  /** Set this property before Nest registers the routes. */
  served: ServedRoutes = { writes: true, recording: true };

  private readonly registered: RegisteredRoute[] = [];

  override get: Register = this.ifServed('GET', super.get.bind(this), super.head.bind(this));
  override post: Register = this.ifServed('POST', super.post.bind(this));
  override put: Register = this.ifServed('PUT', super.put.bind(this));
  override patch: Register = this.ifServed('PATCH', super.patch.bind(this));
  override delete: Register = this.ifServed('DELETE', super.delete.bind(this));

  /** Returns the registered routes for a path, with any method. */
  routesFor(path: string): RegisteredRoute[] {
    return this.registered.filter(({ pattern }) => matches(pattern, path));
  }

  /** @param head registers the same route for HEAD; undefined for routes that write */
  private ifServed(method: string, register: Register, head?: Register): Register {
    return (...parameters: unknown[]) => {
      const handler = Object(parameters.at(-1)) as object;
      const metadata: unknown = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler);
      const config = Object(metadata) as FastifyContextConfig;
      if (!this.isServed(config, head !== undefined)) return this.getInstance();
      const { etag, requestHeaders = [] } = config;
      const methods = etag === true ? [method, 'HEAD'] : [method];
      this.registered.push({ methods, pattern: String(parameters[0]), requestHeaders });
      if (etag === true) head?.(...parameters);
      return register(...parameters);
    };
  }

  private isServed({ access, ownStoreOnly, ownTables }: FastifyContextConfig, reads: boolean): boolean {
    if (access !== 'api') return true;
    if (ownTables === true) return this.served.recording;
    return this.served.writes || (reads && ownStoreOnly !== true);
  }
}

/** Returns true if a path has the pattern of a route, in which `:name` is a parameter, and `::` a literal colon. */
function matches(pattern: string, path: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return (
    wanted.length === parts.length &&
    wanted.every((one, index) => /^:\w/.test(one) || one.replaceAll('::', ':') === parts[index])
  );
}
