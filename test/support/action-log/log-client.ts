import { expect } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type OpenApi, openApiDocument, type Schema } from '../http/openapi.js';
import type { RunningService } from '../service/service.js';
import { type Caller, tokenOf } from './callers.js';

export type Item = Readonly<Record<string, unknown>>;

/** The fields of bodies that the tests read by name. */
export type LogBody = Item & {
  readonly actions?: readonly Item[];
  readonly entries?: readonly Item[];
  readonly next?: string;
  readonly previous?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly parameter?: string }[];
};

/** A response of the log. */
export interface LogResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; an empty object if there is none, or if it has lines. */
  readonly body: LogBody;
  /** The parsed lines of an export. */
  readonly lines: readonly LogBody[];
}

const LINES = 'application/x-ndjson';

const LOG = '/action-log/v1/actions';

/**
 * A client of the routes of the log. It checks that each response is as the OpenAPI document of the service describes
 * it.
 */
export class LogClient {
  private readonly ajv = new Ajv2020({ allowUnionTypes: true });
  private readonly validators = new Map<Schema, ValidateFunction>();

  private constructor(
    private readonly url: string,
    private readonly document: OpenApi,
  ) {
    this.ajv.addVocabulary(['example', 'x-openstack']);
    addFormats.default(this.ajv);
  }

  static async of(service: RunningService): Promise<LogClient> {
    return new LogClient(service.url, await openApiDocument(service));
  }

  /**
   * Sends a GET request.
   *
   * @param path the path below `/action-log/v1/actions` with the query, or the whole URL from a response
   */
  async get(
    caller: Caller,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<LogResponse> {
    return this.send(caller, 'GET', path, headers);
  }

  /**
   * Sends a request.
   *
   * @param path as in `get`
   * @param body sent as JSON, unless it is undefined; a text is sent unchanged
   */
  async send(
    caller: Caller,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: unknown,
  ): Promise<LogResponse> {
    const url = path.startsWith('http') ? path : `${this.url}${LOG}${path}`;
    const content = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url, {
      method,
      headers: { 'X-Auth-Token': tokenOf(caller), 'Content-Type': 'application/json', ...headers },
      ...(body !== undefined && { body: content }),
    });
    const text = await response.text();
    const type = response.headers.get('Content-Type')?.split(';')[0] ?? '';
    const lines = type === LINES ? text.trimEnd().split('\n').map(parsed) : [];
    const json = text === '' || type === LINES ? {} : parsed(text);
    const sent = { status: response.status, headers: response.headers, text, body: json, lines };
    this.check(method, new URL(url).pathname, type, sent);
    return sent;
  }

  /** Checks that a response is documented. */
  private check(
    method: string,
    path: string,
    type: string,
    { status, text, body, lines }: LogResponse,
  ): void {
    const route = Object.entries(this.document.paths).find(([template]) => matches(template, path));
    const documented = route?.[1][method.toLowerCase()]?.responses[status];
    const reference = documented?.$ref?.split('/').at(-1);
    const response = reference === undefined ? documented : this.document.components.responses[reference];
    if (response === undefined) throw new Error(`${path}: the status ${status} is not documented`);
    if (text === '') return;
    const documentedSchema = response.content?.[type]?.schema;
    const schema = type === LINES ? documentedSchema?.contentSchema : documentedSchema;
    if (schema === undefined) throw new Error(`${path}: ${type} is not documented for the status ${status}`);
    const validate = this.validatorOf(schema);
    for (const value of type === LINES ? lines : [body])
      expect([path, value, validate(value), validate.errors]).toEqual([path, value, true, null]);
  }

  private validatorOf(schema: Schema): ValidateFunction {
    const known = this.validators.get(schema) ?? this.ajv.compile(this.withoutReferences(schema));
    this.validators.set(schema, known);
    return known;
  }

  private withoutReferences(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.document.components.schemas[name] ?? {});
  }
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

function parsed(text: string): LogBody {
  return JSON.parse(text) as LogBody;
}
