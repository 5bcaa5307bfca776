import type { Json } from '../../conformance/cases.js';
import type { RunningService } from '../service/service.js';

/** The parts of an OpenAPI document that tests read. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly schemas: Readonly<Record<string, Schema>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<Record<string, Response>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema: Schema & { readonly example?: string };
}

export interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Content>>;
}

export interface Content {
  readonly schema: Schema;
  readonly example?: Json;
  readonly examples?: Readonly<Record<string, { readonly value: Json }>>;
}

export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  /** The schema of each line of a body that consists of lines. */
  readonly contentSchema?: Schema;
  readonly 'x-openstack'?: { readonly 'min-version': string };
}

export async function openApiDocument({ url }: RunningService): Promise<OpenApi> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as OpenApi;
}

/** Returns all operations of the document, each with its path. */
export function operationsOf({ paths }: OpenApi): (readonly [path: string, operation: Operation])[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => [path, operation] as const),
  );
}

/** Returns the operations that read, each with its path. */
export function readsOf({ paths }: OpenApi): (readonly [path: string, operation: Operation])[] {
  return Object.entries(paths).flatMap(([path, { get }]) =>
    get === undefined ? [] : [[path, get] as const],
  );
}

/** Returns the content of the response with status 200 that an operation describes. */
export function successContent({ responses }: Operation): Content {
  const content = responses['200']?.content?.['application/json'];
  if (content === undefined) throw new Error('the operation describes no JSON response with status 200');
  return content;
}
