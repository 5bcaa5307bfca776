import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyContextConfig } from 'fastify';

type Register = FastifyAdapter['post'];

/**
 * The HTTP adapter of a deployment beside Nova. It does not register the routes of modules that write, and the routes
 * that only an own store serves. So the service treats their paths as unknown.
 */
export class ReadOnlyAdapter extends FastifyAdapter {
  override get: Register = this.unless(({ ownStoreOnly }) => ownStoreOnly === true, super.get.bind(this));
  override post: Register = this.unless(isOfModule, super.post.bind(this));
  override put: Register = this.unless(isOfModule, super.put.bind(this));
  override delete: Register = this.unless(isOfModule, super.delete.bind(this));

  private unless(isLeftOut: (config: FastifyContextConfig) => boolean, register: Register): Register {
    return (...parameters: unknown[]) => {
      const handler = Object(parameters.at(-1)) as object;
      const config: unknown = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler);
      return isLeftOut(Object(config) as FastifyContextConfig) ? this.getInstance() : register(...parameters);
    };
  }
}

function isOfModule({ access }: FastifyContextConfig): boolean {
  return access === 'api';
}
