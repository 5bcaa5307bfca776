import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../fault/faults.js';
import { Microversion } from '../microversion/microversion.js';
import { parsePythonJson } from '../python/json.js';
import { type BodyClass, bodyExample, BodyProperty } from './body-property.js';
import { BodySteps, checkBody } from './body-steps.js';
import type { BodySchema } from './body-schema.js';

const NAME: BodySchema = { type: 'string', minLength: 1, maxLength: 8, format: 'name' };
const POSITIVE: BodySchema = { type: ['integer', 'string'], pattern: '^[0-9]*$', minimum: 1, minLength: 1 };
const ONE_POLICY: BodySchema = {
  type: 'array',
  prefixItems: [{ type: 'string', enum: ['anti-affinity', 'affinity'] }],
  uniqueItems: true,
  minItems: 1,
  maxItems: 1,
};

class Group {
  @BodyProperty({ schema: NAME, description: 'The name.', example: 'web' })
  readonly name!: string;

  @BodyProperty({ schema: ONE_POLICY, description: 'The policy.' })
  readonly policies!: readonly string[];
}

class CreateGroup {
  @BodyProperty({ schema: Group, description: 'The group.' })
  readonly group!: Group;
}

class Rules {
  @BodyProperty({ schema: POSITIVE, description: 'The maximum.', optional: true })
  readonly max?: number | string;
}

class GroupWithRules extends Group {
  @BodyProperty({ schema: Rules, description: 'The rules.', optional: true })
  readonly rules?: Rules;
}

class CreateGroupWithRules {
  @BodyProperty({ schema: GroupWithRules, description: 'The group.' })
  readonly group!: GroupWithRules;
}

class Anything {
  @BodyProperty({ schema: {}, description: 'Any value.' })
  readonly anything!: unknown;
}

class Lists {
  @BodyProperty({
    schema: { type: 'array', items: { type: ['integer', 'null'] }, maxItems: 2 },
    description: 'Numbers.',
    optional: true,
  })
  readonly numbers?: readonly (number | null)[];

  @BodyProperty({ schema: { type: 'string', maxLength: 0 }, description: 'Nothing.', optional: true })
  readonly empty?: string;
}

/** Returns the message about a body; `valid` for a body without a problem. */
function messageFor(accepts: BodyClass, json: string): string {
  try {
    checkBody(accepts, parsePythonJson(json));
    return 'valid';
  } catch (error) {
    if (error instanceof BadRequest) return error.message;
    throw error;
  }
}

describe('a body', () => {
  it('a body becomes an instance of its class, with the objects and numbers of JavaScript', () => {
    const body = checkBody(
      CreateGroupWithRules,
      parsePythonJson('{"group": {"name": "a", "policies": ["affinity"], "rules": {"max": 2.0}}}'),
    );
    expect(body).toBeInstanceOf(CreateGroupWithRules);
    expect(body).toEqual({ group: { name: 'a', policies: ['affinity'], rules: { max: 2 } } });
  });

  it('a body with an integer beyond 2^53 keeps its exact value', () => {
    const body = checkBody(Lists, parsePythonJson('{"numbers": [9007199254740993]}'));
    expect(body.numbers).toEqual([9007199254740993n]);
  });

  it('a body with a key named __proto__ changes no prototype', () => {
    const body = checkBody(Anything, parsePythonJson('{"anything": {"__proto__": {"isAdmin": true}}}'));
    expect(Object.getPrototypeOf(body.anything)).toBe(Object.prototype);
    expect(messageFor(Anything, '{"anything": 1, "__proto__": {}}')).toBe(
      "Additional properties are not allowed ('__proto__' was unexpected)",
    );
  });

  // Compared with the messages of a real Nova.
  it.each([
    ['null', "None is not of type 'object'"],
    ['[]', "[] is not of type 'object'"],
    ['"x"', "'x' is not of type 'object'"],
    ['{}', "'group' is a required property"],
    [
      '{"group": {"name": "a", "policies": ["affinity"]}, "y": 1}',
      "Additional properties are not allowed ('y' was unexpected)",
    ],
    [
      '{"z": 1, "group": {}, "y": 1}',
      "Invalid input for field/attribute group. Value: {}. 'name' is a required property",
    ],
    [
      '{"z": 1, "group": {"name": "a", "policies": ["affinity"]}, "y": 1}',
      "Additional properties are not allowed ('y', 'z' were unexpected)",
    ],
    ['{"group": null}', "Invalid input for field/attribute group. Value: None. None is not of type 'object'"],
    [
      '{"group": {"name": {"a": 1}}}',
      "Invalid input for field/attribute name. Value: {'a': 1}. {'a': 1} is not of type 'string'",
    ],
    [
      '{"group": {"name": NaN}}',
      "Invalid input for field/attribute name. Value: nan. nan is not of type 'string'",
    ],
    [
      '{"group": {"name": true}}',
      "Invalid input for field/attribute name. Value: True. True is not of type 'string'",
    ],
    ['{"group": {"name": ""}}', "Invalid input for field/attribute name. Value: . '' should be non-empty"],
    [
      '{"group": {"name": "abcdefghi"}}',
      "Invalid input for field/attribute name. Value: abcdefghi. 'abcdefghi' is too long",
    ],
    [
      '{"group": {"name": "a"}}',
      "Invalid input for field/attribute group. Value: {'name': 'a'}. 'policies' is a required property",
    ],
    [
      '{"group": {"name": "a", "policies": "affinity"}}',
      "Invalid input for field/attribute policies. Value: affinity. 'affinity' is not of type 'array'",
    ],
    [
      '{"group": {"name": "a", "policies": []}}',
      'Invalid input for field/attribute policies. Value: []. [] should be non-empty',
    ],
    [
      '{"group": {"name": "a", "policies": ["legacy"]}}',
      "Invalid input for field/attribute 0. Value: legacy. 'legacy' is not one of ['anti-affinity', 'affinity']",
    ],
    [
      '{"group": {"name": "a", "policies": [7]}}',
      "Invalid input for field/attribute 0. Value: 7. 7 is not of type 'string'",
    ],
    [
      '{"group": {"name": "a", "policies": ["affinity", "affinity"]}}',
      "Invalid input for field/attribute policies. Value: ['affinity', 'affinity']. ['affinity', 'affinity'] has non-unique elements",
    ],
    [
      '{"group": {"name": "a", "policies": ["affinity", "other"]}}',
      "Invalid input for field/attribute policies. Value: ['affinity', 'other']. ['affinity', 'other'] is too long",
    ],
    [
      '{"group": {"name": "a", "policies": ["affinity"], "x": 1}}',
      "Invalid input for field/attribute group. Value: {'name': 'a', 'policies': ['affinity'], 'x': 1}. Additional properties are not allowed ('x' was unexpected)",
    ],
  ])("a body is rejected with Nova's message: %s", (json, message) => {
    expect(messageFor(CreateGroup, json)).toBe(message);
  });

  it.each([
    [' a', false],
    ['a ', false],
    ['a\\tb', false],
    ['a\\u00a0', false],
    ['\\ud83d\\ude00', false],
    ['\\ud800', false],
    ['a b', true],
    ['\\u00e9\\u4e2d', true],
    ['a\\n', true],
  ])('a body with the name "%s" is accepted: %s', (name, isAccepted) => {
    const message = messageFor(CreateGroup, `{"group": {"name": "${name}", "policies": ["affinity"]}}`);
    expect(message).toBe(
      isAccepted
        ? 'valid'
        : "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    );
  });

  it.each([
    ['1', 'valid'],
    ['"3"', 'valid'],
    ['3.0', 'valid'],
    ['0', 'Invalid input for field/attribute max. Value: 0. 0 is less than the minimum of 1'],
    ['-1', 'Invalid input for field/attribute max. Value: -1. -1 is less than the minimum of 1'],
    ['"0"', 'Invalid input for field/attribute max. Value: 0. 0 is less than the minimum of 1'],
    ['"x"', "Invalid input for field/attribute max. Value: x. 'x' does not match '^[0-9]*$'"],
    ['""', "Invalid input for field/attribute max. Value: . '' should be non-empty"],
    ['2.5', "Invalid input for field/attribute max. Value: 2.5. 2.5 is not of type 'integer', 'string'"],
    ['null', "Invalid input for field/attribute max. Value: None. None is not of type 'integer', 'string'"],
    ['true', "Invalid input for field/attribute max. Value: True. True is not of type 'integer', 'string'"],
  ])('a body with a positive integer of %s gets the result: %s', (max, message) => {
    const json = `{"group": {"name": "a", "policies": ["affinity"], "rules": {"max": ${max}}}}`;
    expect(messageFor(CreateGroupWithRules, json)).toBe(message);
  });

  it.each([
    ['{}', 'valid'],
    ['{"numbers": [1, null]}', 'valid'],
    [
      '{"numbers": [1, "2"]}',
      "Invalid input for field/attribute 1. Value: 2. '2' is not of type 'integer', 'null'",
    ],
    [
      '{"numbers": [1, 2, 3]}',
      'Invalid input for field/attribute numbers. Value: [1, 2, 3]. [1, 2, 3] is too long',
    ],
    ['{"empty": "x"}', "Invalid input for field/attribute empty. Value: x. 'x' is expected to be empty"],
  ])('a body with optional lists and texts of %s gets the result: %s', (json, message) => {
    expect(messageFor(Lists, json)).toBe(message);
  });

  it('a body may have any value of a property without a schema', () => {
    for (const json of ['null', '[]', '{"x": 1}', '"y"', '0'])
      expect(messageFor(Anything, `{"anything": ${json}}`)).toBe('valid');
  });
});

describe('body steps', () => {
  const steps = new BodySteps(
    { from: '2.1', to: '2.9', accepts: CreateGroup },
    { from: '2.10', accepts: CreateGroupWithRules },
  );
  const json = parsePythonJson('{"group": {"name": "a", "policies": ["affinity"], "rules": {}}}');

  it('body steps check a body by the class of the microversion, and return a frozen instance', () => {
    const body = steps.read(Microversion.of(2, 10), json, 'strict');
    expect(body).toBeInstanceOf(CreateGroupWithRules);
    expect(Object.isFrozen(body)).toBe(true);
    expect(() => steps.read(Microversion.of(2, 9), json, 'strict')).toThrow("('rules' was unexpected)");
  });

  it('body steps with a gap cannot be declared', () => {
    expect(
      () =>
        new BodySteps(
          { from: '2.1', to: '2.9', accepts: CreateGroup },
          { from: '2.11', accepts: CreateGroup },
        ),
    ).toThrow('a body step starts at 2.11, but must start at 2.10');
  });

  it('body steps list their classes with their microversions', () => {
    expect(steps.all.map(({ from, to, value }) => [`${from} ${to}`, value])).toEqual([
      ['2.1 2.9', CreateGroup],
      ['2.10 2.103', CreateGroupWithRules],
    ]);
  });
});

describe('the example of a body', () => {
  it('the example of a body must be valid', () => {
    const declare = (schema: BodySchema, example?: string): (() => void) => {
      return () => {
        BodyProperty({ schema, description: 'An id.', example })(class {}.prototype, 'id');
      };
    };
    expect(declare({ type: 'string', format: 'uuid' })).toThrow("'example' is not a 'uuid'");
    expect(declare({ type: 'string', format: 'uuid' }, '7d2e2a7e-1f4c-4b3a-9e55-1234567890ab')).not.toThrow();
  });

  it('the example of a body has its declared examples, and the simplest values of the other required properties', () => {
    expect(bodyExample(CreateGroupWithRules)).toEqual({
      group: { name: 'web', policies: ['anti-affinity'] },
    });
  });

  it.each([CreateGroup, CreateGroupWithRules, Anything, Lists])(
    'the example of %p is a valid body',
    (accepts) => {
      expect(messageFor(accepts, JSON.stringify(bodyExample(accepts)))).toBe('valid');
    },
  );
});
