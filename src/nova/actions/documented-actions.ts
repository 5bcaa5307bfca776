import type { OpenAPIObject } from '@nestjs/swagger';
import { documentedSteps } from '../route/documented-body.js';
import { documentedFault } from '../route/documented-faults.js';
import { statusOf } from '../route/nova-route.js';
import type { RegisteredAction } from './registered-actions.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['post']>;

/**
 * Returns the documentation of the actions on servers: a description, the body of each action with an example, and the
 * responses.
 */
export function documentedActions(
  actions: readonly RegisteredAction[],
): Pick<Operation, 'description' | 'requestBody' | 'responses'> {
  const steps = actions.flatMap(({ name, route }) =>
    documentedSteps(route.body).map((step, _index, all) => ({
      ...step,
      name: all.length === 1 ? name : `${name}: ${step.title}`,
    })),
  );
  return {
    description: [
      'The only key of the body is the name of the action.',
      ...actions.map(({ name, title, route }) => {
        const from = route.from === undefined ? '' : ` From microversion ${route.from}.`;
        const { summary, description, policy } = route;
        return `- \`${name}\` (${title}): ${summary}. ${description}${from} Status: ${statusOf(route)}. Policy: \`${policy.name}\`.`;
      }),
    ].join('\n'),
    responses: Object.assign(
      {},
      ...actions.flatMap(({ route }) => [
        { [statusOf(route)]: { description: 'The request was successful.' } },
        ...(route.faults ?? []).map((fault) => ({ [fault.status]: documentedFault(fault) })),
      ]),
    ) as Operation['responses'],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { anyOf: steps.map(({ name, schema }) => ({ ...schema, title: name })) },
          examples: Object.fromEntries(steps.map(({ name, example }) => [name, { value: example }])),
        },
      },
    },
  };
}
