import type { RequestContext } from '../../identity/request-context.js';
import type { Access } from '../policy/access.js';
import type { SchemaObject } from '../schema/fields.js';
import type { ApiScope, View } from '../view/view.js';
import type { OwnedItem } from './item-finder.js';

/** The reason why the audit log has a line about a request. */
export type AuditReason = 'all projects' | 'internal view';

/** An allowed request, for the decision whether the audit log has a line about it. */
export interface AuditedRequest {
  readonly caller: RequestContext;
  /** The checked query, an instance of the route's query class. */
  readonly query: object;
  readonly item: OwnedItem | undefined;
  readonly access: Access;
}

/** The declaration of a request header. */
export interface HeaderInfo {
  readonly description: string;
  /** The whole value must match this pattern, which limits its length. */
  readonly pattern: RegExp;
  /** A valid value. The documentation page fills its form with it. */
  readonly example: string;
}

/**
 * A body of lines (NDJSON). The handler reads the lines with `@CheckedBody()`, an `AsyncIterable` of `BodyLine`. The
 * size of the body is not limited.
 */
export interface LineBody {
  readonly lines: true;
  readonly description: string;
  /** The schema of a line. It is only documentation, because the handler checks the lines. */
  readonly schema: SchemaObject;
  /** Valid lines. */
  readonly examples: readonly object[];
}

/** A line of a body. */
export interface BodyLine {
  /** The number of the line, from 1. */
  readonly number: number;
  readonly text: string;
}

/** The lines (NDJSON) that a route returns instead of its usual response if the client accepts only lines. */
export interface ResponseLines<Line> {
  /** Renders one line. */
  readonly view: View<Line, ApiScope>;
  readonly description: string;
  /** The schemas of a line. */
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}

/** A request for lines. Its handler returns an `AsyncIterable`. */
export interface LinesRequest {
  /** Aborted if the service shuts down, or the client closes the connection. The handler then returns its last line soon. */
  readonly signal: AbortSignal;
}

/** The addresses in the `Link` header of a response. */
export interface PageLinks {
  readonly next?: string | undefined;
  readonly previous?: string | undefined;
}

/** The properties that only the declaration of a route outside Nova's API may have. */
export interface ApiFeatures {
  /**
   * The name of the operation in the OpenAPI document, from which generators of clients derive a method name. By
   * default, it consists of the name of the handler and the title of the resource.
   */
  readonly operation?: string;
  /** Request headers of the route. The handler reads them with `@CheckedHeader('…')`. */
  readonly headers?: Readonly<Record<string, HeaderInfo>>;
  /**
   * Set for a route that records actions in tables that only this service writes. The service serves such a route also
   * beside Nova, if the setting HTTP_RECORDING allows it.
   */
  readonly writes?: 'own tables';
  /**
   * Returns the reason for a line in the audit log; undefined if none is necessary. The kit calls the function after it
   * has enforced the policies.
   */
  audit?(request: AuditedRequest): AuditReason | undefined;
}

/** The properties about the response that only the declaration of a route outside Nova's API may have. */
export interface ApiResponseFeatures<Result> {
  /** True for responses with an `ETag`: if the client already has the response, the service returns 304. */
  readonly etag?: true;
  /** Returns the addresses for the `Link` header. */
  readonly link?: (result: Result, scope: ApiScope) => PageLinks;
  /** Returns the number of items in a response, for the audit log. By default 1. */
  readonly items?: (result: Result) => number;
}
