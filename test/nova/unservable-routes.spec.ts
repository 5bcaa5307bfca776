import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Module,
  Patch,
  Post,
  Query,
  Render,
  Res,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { Readable } from 'node:stream';
import { of } from 'rxjs';
import { NovaModule } from '../../src/nova/nova.module.js';
import { policies } from '../../src/instance-actions/instance-actions.policies.js';
import { BodySteps } from '../../src/nova/body/body-steps.js';
import { CheckedBody, CheckedHeader, TargetItem } from '../../src/nova/pipeline/parameters.js';
import { ItemFinder, type OwnedItem } from '../../src/nova/route/item-finder.js';
import { NO_QUERY } from '../../src/nova/query/query-steps.js';
import { ApiResource, NovaResource } from '../../src/nova/pipeline/resource.js';
import { ApiRoute, NovaRoute } from '../../src/nova/route/declarations.js';
import { sameForBothViews, type Render as View } from '../../src/nova/view/view.js';
import { personaTokens, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';

/** Returns `NovaRoute` without its type check, so that the tests can compile handlers that the type check rejects. */
function route(more: object = {}): MethodDecorator {
  const decorator: unknown = NovaRoute<object>({
    summary: 'A thing',
    description: 'For administrators.',
    query: NO_QUERY,
    policy: policies.events,
    view: sameForBothViews(() => ({ rendered: true })),
    response: sameForBothViews({ additionalProperties: false }),
    ...more,
  });
  return decorator as MethodDecorator;
}

@NovaResource('changes', { title: 'Changes' })
class Changes {
  @Patch()
  @route()
  change(): object {
    return {};
  }
}

class Empty {}

@NovaResource('reads', { title: 'Reads' })
class ReadsWithBody {
  @Get()
  @route({ body: new BodySteps({ from: '2.1', accepts: Empty }) })
  show(): object {
    return {};
  }
}

@NovaResource('reads', { title: 'Reads' })
class ReadsWithoutView {
  @Get()
  @route({ view: undefined, status: 204 })
  show(): object {
    return {};
  }
}

@NovaResource('inputs', { title: 'Inputs' })
class UndeclaredBody {
  @Post()
  @route()
  create(@CheckedBody() body: object): object {
    return body;
  }
}

class Finder extends ItemFinder {
  find(): Promise<OwnedItem> {
    return Promise.resolve({ projectId: null });
  }
}

@NovaResource('items', { title: 'Items' })
class ItemsWithoutParameter {
  @Get()
  @route({ item: { parameter: 'id', finder: Finder } })
  show(@TargetItem() item: object): object {
    return item;
  }
}

@NovaResource('items', { title: 'Items' })
class ItemsWithoutFinder {
  @Get(':id')
  @route({ item: { parameter: 'id', finder: Finder } })
  show(@TargetItem() item: object): object {
    return item;
  }
}

@NovaResource('events', { title: 'Events' })
class Events {
  @Sse()
  @route()
  stream(): object {
    return of({ data: 'secret' });
  }
}

@NovaResource('replies', { title: 'Replies' })
class Replies {
  @Get()
  @route()
  show(@Res() reply: unknown): object {
    return { reply };
  }
}

@NovaResource('bodies', { title: 'Bodies' })
class Bodies {
  @Get()
  @route()
  show(@Body() body: unknown): object {
    return { body };
  }
}

@NovaResource('accepted', { title: 'Accepted' })
class Accepted {
  @Get()
  @HttpCode(202)
  @route()
  show(): object {
    return {};
  }
}

@NovaResource('pages', { title: 'Pages' })
class Pages {
  @Get()
  @Render('page')
  @route()
  show(): object {
    return {};
  }
}

@NovaResource('servers', { title: 'Servers' })
class ServerParts {
  @Get(':server_id/parts')
  @route()
  list(): object {
    return { secret: true };
  }
}

@NovaResource('/servers/', { title: 'Servers' })
class ServerPartsWithSlashes {
  @Get(['/parts', '/:server_id/parts'])
  @route()
  list(): object {
    return { secret: true };
  }
}

const apiRoute = ApiRoute({
  summary: 'Parts',
  description: 'All of them.',
  policy: policies.list,
  view: sameForBothViews((result: object) => result),
  response: sameForBothViews({}),
});

@ApiResource('/action-log/v1/servers/:id/', { title: 'Parts' })
class ApiServerParts {
  @Get('parts')
  @apiRoute
  list(): object {
    return { secret: true };
  }
}

@ApiResource('/v2.1/parts', { title: 'Parts' })
class ApiPartsOfNova {
  @Get()
  @apiRoute
  list(): object {
    return { secret: true };
  }
}

@ApiResource('', { title: 'Parts' })
class ApiRootPartsOfNova {
  @Get('v2/parts')
  @apiRoute
  list(): object {
    return { secret: true };
  }
}

@ApiResource('action-log/v1/parts', { title: 'Parts' })
class PartsWithEtag {
  @Post()
  @ApiRoute({
    summary: 'Parts',
    description: 'All of them.',
    policy: policies.list,
    view: sameForBothViews((result: object) => result),
    response: sameForBothViews({}),
    etag: true,
  })
  create(): object {
    return { secret: true };
  }
}

@ApiResource('action-log/v1/parts', { title: 'Parts' })
class PartsWithHeader {
  @Get()
  @ApiRoute({
    summary: 'Parts',
    description: 'All of them.',
    policy: policies.list,
    view: sameForBothViews((result: object) => result),
    response: sameForBothViews({}),
    headers: { 'X-One': { description: 'A header.', pattern: /1/, example: '1' } },
  })
  list(@CheckedHeader('X-Two') two: string): object {
    return { two };
  }
}

@NovaResource('servers/:server_id/parts/:id', { title: 'Parts', server: 'id' })
class OtherParameter {
  @Get()
  @route()
  show(): object {
    return { secret: true };
  }
}

@NovaResource('queries', { title: 'Queries' })
class Queries {
  @Get()
  @route()
  list(@Query() query: unknown): object {
    return { query };
  }
}

@NovaResource('forgotten', { title: 'Forgotten' })
class Forgotten {
  @route()
  list(): object {
    return {};
  }
}

@Controller('v2.1/unguarded')
class Unguarded {
  @Get()
  @route()
  show(): object {
    return { secret: true };
  }
}

@ApiResource('action-log/v1/misplaced', { title: 'Misplaced' })
class Misplaced {
  @Get()
  @route()
  show(): object {
    return { secret: true };
  }
}

@Controller()
class Unrelated {
  @Post('unrelated')
  create(@Body() body: unknown): object {
    return { body };
  }
}

const ANSWERS: Readonly<Record<string, () => unknown>> = {
  stream: () => Readable.from(['secret']),
  buffer: () => Buffer.from('secret'),
  bytes: () => new Uint8Array(Buffer.from('secret')),
  file: () => new StreamableFile(Buffer.from('secret'), { disposition: 'attachment', length: 6 }),
  text: () => 'secret',
  nothing: () => undefined,
  events: () => of(Buffer.from('secret')),
  response: () => new Response('secret'),
};

@NovaResource('answers', { title: 'Answers' })
class Answers {
  @Get('object')
  @route()
  object(): object {
    return { secret: true };
  }
}

for (const [name, answer] of Object.entries(ANSWERS)) {
  const descriptor = { value: answer, writable: true, configurable: true };
  Object.defineProperty(Answers.prototype, name, descriptor);
  route()(Answers.prototype, name, descriptor);
  Get(name)(Answers.prototype, name, descriptor);
}

function moduleOf(controller: Type): Type {
  @Module({ imports: [NovaModule], controllers: [controller] })
  class OneController {}
  return OneController;
}

let store: TestStore;

beforeAll(async () => {
  store = await createSqlite();
});

afterAll(() => store.remove());

describe('a route that cannot be served', () => {
  it.each([
    [
      Changes,
      'Changes.change cannot be served: a NovaRoute can only have @Get(), @Head(), @Post(), @Put() or @Delete(), not PATCH',
    ],
    [
      ReadsWithBody,
      'ReadsWithBody.show cannot be served: a NovaRoute without @Post(), @Put() or @Delete() cannot have a body',
    ],
    [
      ReadsWithoutView,
      'ReadsWithoutView.show cannot be served: a NovaRoute without @Post(), @Put() or @Delete() must have a view',
    ],
    [
      UndeclaredBody,
      'UndeclaredBody.create cannot be served: its handler has a parameter that needs body in @NovaRoute()',
    ],
    [
      ItemsWithoutParameter,
      "ItemsWithoutParameter.show cannot be served: its path must contain the item's parameter :id",
    ],
    [PartsWithEtag, 'PartsWithEtag.create cannot be served: an ApiRoute with etag or lines must have @Get()'],
    [
      PartsWithHeader,
      'PartsWithHeader.list cannot be served: its handler has a parameter for the undeclared header X-Two',
    ],
    [ItemsWithoutFinder, 'ItemsWithoutFinder.show cannot be served: its module must provide Finder'],
    [
      Events,
      'Events.stream cannot be served: a NovaRoute cannot have @Sse(): its view renders the whole response',
    ],
    [
      Accepted,
      'Accepted.show cannot be served: a NovaRoute cannot have @HttpCode(): declare its status in @NovaRoute()',
    ],
    [
      Pages,
      'Pages.show cannot be served: a NovaRoute cannot have @Render(): its view renders the whole response',
    ],
    [
      Unguarded,
      'Unguarded.show cannot be served: a NovaRoute needs a class with the decorator @NovaResource(), which adds its guards',
    ],
    [
      Misplaced,
      'Misplaced.show cannot be served: a NovaRoute needs a class with the decorator @NovaResource(), which adds its guards',
    ],
    [
      ServerParts,
      "ServerParts.list cannot be served: its path contains a server's id: its class must declare server: 'server_id'",
    ],
    [
      ServerPartsWithSlashes,
      "ServerPartsWithSlashes.list cannot be served: its path contains a server's id: its class must declare server: 'server_id'",
    ],
    [
      ApiServerParts,
      "ApiServerParts.list cannot be served: its path contains a server's id: its class must declare server: 'id'",
    ],
    [
      ApiPartsOfNova,
      "ApiPartsOfNova.list cannot be served: below /v2.1 and /v2, Nova's checks are necessary: its class must have the decorator @NovaResource()",
    ],
    [
      ApiRootPartsOfNova,
      "ApiRootPartsOfNova.list cannot be served: below /v2.1 and /v2, Nova's checks are necessary: its class must have the decorator @NovaResource()",
    ],
    [
      OtherParameter,
      "OtherParameter.show cannot be served: its path contains a server's id: its class must declare server: 'server_id'",
    ],
    [
      Forgotten,
      'Forgotten.list cannot be served: it has the decorator @NovaRoute(), but not @Get(), @Post(), @Put() or @Delete()',
    ],
    [
      Queries,
      'Queries.list cannot be served: a NovaRoute cannot have @Query(), only @CheckedQuery(): the kit checks the input, and the view renders the response',
    ],
    [
      Replies,
      'Replies.show cannot be served: a NovaRoute cannot have @Res(): the kit checks the input, and the view renders the response',
    ],
    [
      Bodies,
      'Bodies.show cannot be served: a NovaRoute cannot have @Body(), only @CheckedBody(): the kit checks the input, and the view renders the response',
    ],
  ])(
    'the service does not start if a route cannot be served, and the error names the route: %p',
    async (controller, message) => {
      await expect(startService({ DATABASE_URL: store.url }, [moduleOf(controller)])).rejects.toThrow(
        message,
      );
    },
  );

  it('a route does not compile if its result is a promise of a view, a stream, bytes or a file', () => {
    const declare = (): unknown[] => [
      // @ts-expect-error the JSON of a promise is {}
      ((view: View<object>) => view)((result) => Promise.resolve(result)),
      // @ts-expect-error a stream would be sent without the view
      NovaRoute<Readable>(undefined as never)(Answers.prototype, 'stream', {}),
      // @ts-expect-error bytes would be sent without the view
      NovaRoute<Buffer>(undefined as never)(Answers.prototype, 'buffer', {}),
      // @ts-expect-error a file would be sent without the view
      NovaRoute<StreamableFile>(undefined as never)(Answers.prototype, 'file', {}),
    ];
    expect(declare).toBeDefined();
  });
});

describe('a handler of a NovaRoute', () => {
  it('a handler of a NovaRoute never sends the result itself: the response is always rendered by the view', async () => {
    const service = await startService({ DATABASE_URL: store.url }, [moduleOf(Answers), moduleOf(Unrelated)]);
    try {
      for (const name of ['object', ...Object.keys(ANSWERS)]) {
        const answer = await fetch(`${service.url}/v2.1/answers/${name}`, {
          headers: { 'X-Auth-Token': personaTokens['admin'] ?? '' },
        });
        const { headers, status } = answer;
        expect([name, status, await answer.text()]).toEqual([name, 200, '{"rendered":true}']);
        expect([headers.get('Content-Type'), headers.get('Content-Disposition')]).toEqual([
          'application/json',
          null,
        ]);
      }
    } finally {
      await service.stop();
    }
  });
});
