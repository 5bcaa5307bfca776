import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { BadRequest } from '../fault/faults.js';
import { resourceNotFound } from '../pipeline/microversion.guard.js';
import { malformedBody } from '../pipeline/request-json.js';
import type { PythonValue } from '../python/json.js';
import { isDict } from '../python/repr.js';
import { type RegisteredAction, registeredActions } from './registered-actions.js';

/** The actions on servers that the modules of this deployment declare. */
@Injectable()
export class ServerActionDirectory implements OnModuleInit {
  private actions: ReadonlyMap<string, RegisteredAction> = new Map();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    this.actions = registeredActions(this.discovery, this.scanner, this.reflector);
  }

  get all(): readonly RegisteredAction[] {
    return [...this.actions.values()];
  }

  /**
   * Returns the action that the only key of a body names.
   *
   * @param json undefined for a request without a body
   * @throws BadRequest if the body does not have exactly one key, and for an unknown action
   * @throws NotFound as in Nova, for a value that has no keys, such as a number or a list with one item
   */
  actionOf(json: PythonValue | undefined): RegisteredAction {
    if (json === undefined) throw malformedBody();
    const length = pythonLength(json);
    // Nova calls Python's `len()` on the value, and then `keys()`. If one of them fails, Nova returns 404.
    if (length !== undefined && length !== 1) throw malformedBody();
    if (length === undefined || !isDict(json)) throw resourceNotFound();
    const [name = ''] = json.keys();
    const action = this.actions.get(name);
    if (action === undefined) throw new BadRequest(`There is no such action: ${name}`);
    return action;
  }
}

/** Returns the result of Python's `len()`; undefined for a value without a length. */
function pythonLength(value: PythonValue): number | undefined {
  if (isDict(value)) return value.size;
  if (typeof value === 'string') return [...value].length;
  return Array.isArray(value) ? value.length : undefined;
}
