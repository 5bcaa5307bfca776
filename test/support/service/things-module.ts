import { Delete, Get, Injectable, Module, Post, Put } from '@nestjs/common';
import type { RequestContext } from '../../../src/identity/request-context.js';
import {
  ServerAction,
  type ServerActionCall,
  ServerActions,
} from '../../../src/nova/actions/server-action.js';
import { BodyProperty } from '../../../src/nova/body/body-property.js';
import { BodySteps } from '../../../src/nova/body/body-steps.js';
import { Conflict, NotFound } from '../../../src/nova/fault/faults.js';
import { Microversion } from '../../../src/nova/microversion/microversion.js';
import { NovaModule } from '../../../src/nova/nova.module.js';
import {
  Caller,
  CheckedBody,
  Enforce,
  type EnforcePolicy,
  TargetItem,
} from '../../../src/nova/pipeline/parameters.js';
import { ApiResource, NovaResource } from '../../../src/nova/pipeline/resource.js';
import type { Policy } from '../../../src/nova/policy/policy.js';
import { UNCHECKED_QUERY } from '../../../src/nova/query/query-steps.js';
import { ApiRoute, NovaRoute } from '../../../src/nova/route/declarations.js';
import { ItemFinder, type OwnedItem } from '../../../src/nova/route/item-finder.js';
import { objectSchema } from '../../../src/nova/schema/fields.js';
import { sameForBothViews } from '../../../src/nova/view/view.js';
import { personas } from '../../conformance/cases.js';

function policy(name: string, rule: string): Policy {
  const operations = [{ method: 'POST', path: '/os-things' }];
  return {
    name: `os_compute_api:things:${name}`,
    rule,
    description: 'Things.',
    operations,
    scopes: ['project'],
  };
}

const POLICIES = {
  show: policy('show', 'role:reader'),
  create: policy('create', 'role:member'),
  remove: policy('remove', 'role:member and project_id:%(project_id)s'),
  rename: policy('rename', 'user_id:%(user_id)s'),
  override: policy('override', 'rule:context_is_admin'),
};

class NewThing {
  @BodyProperty({
    schema: { type: 'string', minLength: 1, maxLength: 5 },
    description: 'The name.',
    example: 'pen',
  })
  readonly name!: string;
}

class CreateThing {
  @BodyProperty({ schema: NewThing, description: 'The thing.' })
  readonly thing!: NewThing;
}

class NewColouredThing extends NewThing {
  @BodyProperty({
    schema: { type: 'string', enum: ['red', 'blue'] },
    description: 'The colour.',
    optional: true,
  })
  readonly colour?: string;
}

class CreateColouredThing {
  @BodyProperty({ schema: NewColouredThing, description: 'The thing.' })
  readonly thing!: NewColouredThing;
}

const thingBody = new BodySteps(
  { from: '2.1', to: '2.9', accepts: CreateThing },
  { from: '2.10', accepts: CreateColouredThing },
);

interface Thing extends OwnedItem {
  readonly id: string;
}

/** Finds a thing by the name of the persona who owns it. */
@Injectable()
class ThingFinder extends ItemFinder<Thing> {
  find(_caller: RequestContext, id: string): Promise<Thing> {
    const owner = personas[id];
    if (owner === undefined) return Promise.reject(new NotFound(`Thing ${id} could not be found.`));
    return Promise.resolve({ id, projectId: owner.project_id, userId: owner.user_id });
  }
}

const common = { description: 'For tests.', query: UNCHECKED_QUERY };
const parameters = { thing_id: 'The persona who owns the thing.' };
const examples = { thing_id: 'alice' };
const item = { parameter: 'thing_id', finder: ThingFinder };
const rendered = {
  view: sameForBothViews((thing: object) => ({ thing })),
  response: sameForBothViews(
    objectSchema(
      'A thing',
      { thing: { description: 'The thing.', schema: { type: 'object' } } },
      { thing: {} },
    ),
  ),
};

/** The changes that the handlers of `ThingsModule` have made, oldest first. */
export const changes: string[] = [];

@NovaResource('os-things', { title: 'Things', description: 'Things that have owners.' })
class ThingsController {
  @Post()
  @NovaRoute({
    ...common,
    ...rendered,
    summary: 'Create a thing',
    policy: POLICIES.create,
    body: thingBody,
    status: 201,
  })
  create(@Caller() { userId }: RequestContext, @CheckedBody() { thing }: CreateColouredThing): object {
    changes.push(`${userId} created ${thing.name}`);
    return thing;
  }

  @Get(':thing_id')
  @NovaRoute({
    ...common,
    ...rendered,
    summary: 'Show a thing',
    parameters,
    examples,
    policy: POLICIES.show,
    item,
  })
  show(@TargetItem() thing: Thing): object {
    return { id: thing.id };
  }

  @Put(':thing_id')
  @NovaRoute({
    ...common,
    summary: 'Rename a thing',
    parameters,
    examples,
    policy: POLICIES.rename,
    policyTarget: 'project and user',
    laterPolicies: [POLICIES.override],
    body: thingBody,
    item,
    faults: [new Conflict('The name is taken.')],
    status: 202,
  })
  rename(@CheckedBody() { thing }: CreateThing, @Enforce() enforce: EnforcePolicy): void {
    if (thing.name === 'taken') enforce(POLICIES.override);
    changes.push(`renamed to ${thing.name}`);
  }

  @Delete(':thing_id')
  @NovaRoute({
    ...common,
    summary: 'Delete a thing',
    parameters,
    examples,
    policy: POLICIES.remove,
    item,
    from: Microversion.of(2, 5),
    status: 204,
  })
  remove(@TargetItem() { id }: Thing): Promise<void> {
    changes.push(`deleted ${id}`);
    return Promise.resolve();
  }
}

class Note {
  @BodyProperty({ schema: { type: 'string' }, description: 'The text.' })
  readonly text!: string;
}

@ApiResource('action-log/v1/notes', { title: 'Notes', description: 'Notes outside Nova’s API.' })
class NotesController {
  @Post()
  @ApiRoute({
    description: 'For tests.',
    summary: 'Write a note',
    policy: POLICIES.create,
    body: Note,
    status: 202,
  })
  write(@CheckedBody() { text }: Note): void {
    changes.push(`noted ${text}`);
  }
}

class Poke {
  @BodyProperty({ schema: { type: ['object', 'null'] }, description: 'Nothing.' })
  readonly poke!: object | null;
}

class Describe {
  @BodyProperty({ schema: {}, description: 'Nothing.' })
  readonly describe!: unknown;
}

@ServerActions({ title: 'Pokes' })
class PokeActions {
  @ServerAction('poke', {
    summary: 'Poke a server',
    description: 'The server remembers it.',
    body: new BodySteps({ from: '2.1', accepts: Poke }),
    policy: POLICIES.rename,
    policyTarget: 'project and user',
    status: 202,
  })
  poke({ caller, server, body }: ServerActionCall<Poke>): void {
    changes.push(`${caller.userId} poked ${server.uuid}: ${JSON.stringify(body)}`);
  }

  @ServerAction('describe', {
    ...rendered,
    summary: 'Describe a server',
    description: 'An action with a result.',
    body: new BodySteps({ from: '2.1', accepts: Describe }),
    policy: POLICIES.create,
    laterPolicies: [POLICIES.override],
    faults: [new Conflict('The server is locked.')],
    from: Microversion.of(2, 10),
  })
  describe({ server, version, body, enforce }: ServerActionCall<Describe>): Promise<object> {
    if (body.describe === 'secret') enforce(POLICIES.override);
    return Promise.resolve({ id: server.uuid, version: version.toString() });
  }
}

/** A module whose routes and actions write. */
@Module({
  imports: [NovaModule],
  controllers: [ThingsController, NotesController],
  providers: [ThingFinder, PokeActions],
})
export class ThingsModule {}
