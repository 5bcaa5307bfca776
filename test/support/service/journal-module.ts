import { Get, Module, Param, Patch, Post } from '@nestjs/common';
import { BodyProperty } from '../../../src/nova/body/body-property.js';
import { Conflict, Forbidden } from '../../../src/nova/fault/faults.js';
import { NovaModule } from '../../../src/nova/nova.module.js';
import {
  CheckedBody,
  CheckedHeader,
  CheckedQuery,
  RequestedLines,
} from '../../../src/nova/pipeline/parameters.js';
import { ApiResource } from '../../../src/nova/pipeline/resource.js';
import type { Policy } from '../../../src/nova/policy/policy.js';
import { QueryParameter } from '../../../src/nova/query/query-parameter.js';
import type { AuditedRequest, BodyLine, LinesRequest } from '../../../src/nova/route/api-features.js';
import { ApiRoute } from '../../../src/nova/route/declarations.js';
import { objectSchema } from '../../../src/nova/schema/fields.js';
import { sameForBothViews } from '../../../src/nova/view/view.js';

function policy(name: string, rule: string): Policy {
  const operations = [{ method: 'GET', path: '/action-log/v1/journal' }];
  return {
    name: `action_log:journal:${name}`,
    rule,
    description: 'A journal.',
    operations,
    scopes: ['project'],
  };
}

const POLICIES = {
  read: policy('read', 'role:reader'),
  secrets: policy('secrets', 'rule:context_is_admin'),
};

class JournalQuery {
  @QueryParameter({ kind: 'positiveInteger', description: 'The number of items.' })
  readonly limit?: number;

  @QueryParameter({ kind: 'boolean', description: 'True for all projects.' })
  readonly all_projects?: boolean;

  @QueryParameter({ kind: 'nonNegativeInteger', description: 'The item before which the handler fails.' })
  readonly fail_before?: number;
}

class Change {
  @BodyProperty({ schema: { type: 'string', maxLength: 5 }, description: 'The text.', example: 'new' })
  readonly text!: string;
}

interface Item {
  readonly number: number;
  readonly secret: string;
}

/** What the handlers have seen. Tests reset it. */
export const journal = {
  /** The number of items that the handlers have made for lines. */
  made: 0,
  /** The number of generators that have ended. */
  ended: 0,
  /** The number of imports that have failed. */
  failed: 0,
  /** The lines that the import has read. */
  lines: [] as BodyLine[],
  /** Called after each line that the import has read. */
  onLine: (): Promise<void> | undefined => undefined,
  /** Called by the handlers that make lines, before each item. */
  onItem: (() => undefined) as (number: number) => Promise<void> | undefined,
};

const number = { description: 'Its number.', schema: { type: 'integer' as const } };
const external = objectSchema('Item', { number }, { number: 1 });
const internal = objectSchema(
  'Item, internal view',
  { number, secret: { description: 'A secret.' } },
  { number: 1, secret: 's' },
);
const list = { description: 'The items.', schema: { type: 'array' as const } };
const common = { description: 'For tests.', policy: POLICIES.read, internal: POLICIES.secrets };

/** A controller with all properties that only routes outside Nova's API have. */
@ApiResource('action-log/v1/journal', { title: 'Journals', description: 'Journals for tests.' })
class JournalController {
  @Get()
  @ApiRoute({
    ...common,
    summary: 'List items',
    query: JournalQuery,
    view: {
      external: (items: readonly Item[]) => ({ items: items.map((one) => ({ number: one.number })) }),
      internal: (items: readonly Item[]) => ({ items }),
    },
    response: sameForBothViews(objectSchema('Items', { items: list }, { items: [] })),
    lines: {
      view: { external: (item: Item) => ({ number: item.number }), internal: (item: Item) => item },
      description: 'An item on each line.',
      response: { external, internal },
    },
    link: (items) => ({
      next: items.length > 1 ? 'https://log.example.org/next' : undefined,
      previous: 'https://log.example.org/previous',
    }),
    items: (items) => items.length,
    audit: ({ query, access }: AuditedRequest) => {
      if ((query as JournalQuery).all_projects === true) return 'all projects';
      return access.view === 'internal' ? 'internal view' : undefined;
    },
  })
  list(
    @CheckedQuery() { limit = 2, fail_before }: JournalQuery,
    @RequestedLines() lines: LinesRequest | undefined,
  ): readonly Item[] | AsyncIterable<Item> {
    if (lines !== undefined) return makeItems(limit, fail_before, lines.signal);
    if (fail_before === 0) throw new Conflict('The journal fails.');
    return Array.from({ length: limit }, (_, index) => itemOf(index));
  }

  @Get(':id')
  @ApiRoute({
    ...common,
    summary: 'Show an item',
    parameters: { id: 'The id.' },
    examples: { id: '1' },
    view: { external: (item: Item) => ({ number: item.number }), internal: (item: Item) => item },
    response: { external, internal },
    etag: true,
  })
  show(@Param('id') id: string): Item {
    return itemOf(Number(id));
  }

  @Patch(':id')
  @ApiRoute({
    ...common,
    summary: 'Change an item',
    parameters: { id: 'The id.' },
    examples: { id: '1' },
    body: Change,
    headers: {
      'Idempotency-Key': { description: 'A key.', pattern: /[\x21-\x7e]{1,8}/, example: 'k-1' },
    },
    writes: 'own tables',
    faults: [new Conflict('The item has another state.'), new Forbidden('action_log:journal:change')],
    view: sameForBothViews(({ key, text }: { key: string | undefined; text: string }) => ({ key, text })),
    response: sameForBothViews(
      objectSchema('Change', {
        key: { description: 'The key.', optional: true },
        text: { description: 'The text.' },
      }),
    ),
  })
  change(
    @CheckedBody() { text }: Change,
    @CheckedHeader('Idempotency-Key') key: string | undefined,
  ): { key: string | undefined; text: string } {
    return { key, text };
  }
}

async function* makeItems(
  limit: number,
  failBefore: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Item, void> {
  try {
    for (let index = 0; index < limit; index += 1) {
      await journal.onItem(index);
      if (index === failBefore) throw new Conflict('The journal fails.');
      if (signal.aborted) {
        yield { number: -1, secret: 'the service shuts down' };
        return;
      }
      journal.made += 1;
      yield itemOf(index);
    }
  } finally {
    journal.ended += 1;
  }
}

function itemOf(index: number): Item {
  return { number: index, secret: 's'.repeat(100) };
}

@ApiResource('action-log/v1/journal::import', { title: 'Journal imports', description: 'Imports for tests.' })
class ImportController {
  @Post()
  @ApiRoute({
    ...common,
    summary: 'Import items',
    body: { lines: true, description: 'An item on each line.', schema: external, examples: [{ number: 1 }] },
    writes: 'own tables',
    view: sameForBothViews(({ lines }: { lines: number }) => ({ lines })),
    response: sameForBothViews(objectSchema('Import', { lines: number })),
  })
  async import(@CheckedBody() lines: AsyncIterable<BodyLine>): Promise<{ lines: number }> {
    try {
      for await (const line of lines) {
        journal.lines.push(line);
        if (line.text === 'stop') throw new Conflict('The import stops.');
        await journal.onLine();
      }
    } catch (error) {
      journal.failed += 1;
      throw error;
    }
    return { lines: journal.lines.length };
  }
}

@Module({ imports: [NovaModule], controllers: [JournalController, ImportController] })
export class JournalModule {}
