import { listOf, objectSchema, type SchemaObject } from '../schema/fields.js';
import { type NovaView, type Render, sameForBothViews } from './view.js';

/** The declaration of the value of a response with one key, or of each item in a list. */
interface Keyed<Result> {
  readonly schema: SchemaObject;
  readonly example: object;
  readonly render: Render<Result>;
}

/** The part of a route's declaration about its response. */
interface KeyedResponse<Result> {
  readonly view: NovaView<Result>;
  readonly response: { readonly external: SchemaObject; readonly internal: SchemaObject };
}

/**
 * Returns the view and the schema of a response that has only one key, and no separate internal view, as most responses
 * of Nova. Add the result to a declaration: `...shown` for `const shown = underKey('server_group', …)`.
 */
export function underKey<Result>(
  key: string,
  { schema, example, render }: Keyed<Result>,
): KeyedResponse<Result> {
  const field = { description: schema.title ?? 'The items.', schema };
  return {
    view: sameForBothViews((result, scope) => ({ [key]: render(result, scope) })),
    response: sameForBothViews(objectSchema(key, { [key]: field }, { [key]: example })),
  };
}

/** Returns the view and the schema of a list, as `underKey`. @param item as in the response that shows one item */
export function listUnderKey<Item>(key: string, item: Keyed<Item>): KeyedResponse<readonly Item[]> {
  return underKey(key, {
    schema: listOf(item.schema),
    example: [item.example],
    render: (items: readonly Item[], scope) => items.map((one) => item.render(one, scope)),
  });
}
