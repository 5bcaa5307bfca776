import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { ItemSource } from '../route/item-finder.js';
import { exchangeValue } from './exchange.js';

/** Finds the item that the URL names, or returns 404. Does nothing for a route without an item. */
@Injectable()
export class ItemGuard implements CanActivate {
  constructor(private readonly module: ModuleRef) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { item } = exchangeValue(request, 'route');
    return item === undefined || this.findItem(request, item);
  }

  private async findItem(request: FastifyRequest, { parameter, finder }: ItemSource): Promise<true> {
    const parameters = request.params as Readonly<Record<string, string | undefined>>;
    const context = exchangeValue(request, 'context');
    request.nova.item = await this.module.get(finder).find(context, parameters[parameter] ?? '');
    return true;
  }
}
