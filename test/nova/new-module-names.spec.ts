import { describe, expect, it } from '@jest/globals';
import { wantedFrom } from '../../scripts/new-module/arguments.js';
import { namesOf } from '../../scripts/new-module/names.js';
import { rejectExisting } from '../../scripts/new-module/project.js';
import { PROJECT } from '../support/deploy/manifests.js';

describe('the generator of modules', () => {
  it.each([
    ['a call without a path', 'os-things', /^give one NAME and one --path/],
    ['two paths', 'os-things --path os-a --path os-b', /^give one NAME and one --path/],
    ['a path and an action', 'os-a --path os-a --action a', /^give one NAME and one --path/],
    ['an action with an option of resources', 'os-a --action a --writes', /^--action cannot be used with/],
    ['writes to the tables of all cells', 'os-a --path os-a --writes', /^--writes needs --api-/],
    ['an unknown kind of id', 'os-things --path os-a --id name', /^--id must be uuid or integer/],
    [
      'the API database for the resources of a server',
      'os-things --path servers/:server_id/os-a --api-database',
      /^--api-database cannot be used for a path below servers/,
    ],
  ])('the generator of modules rejects %s', (_what, words, message) => {
    expect(() => wantedFrom(words.split(' '))).toThrow(message);
  });

  it.each([
    ['a name in capitals', 'Os-Things', 'os-things', /"Os-Things" is not a valid module name/],
    ['a name that is a path', '../things', 'os-things', /"..\/things" is not a valid module name/],
    ['a name of two lines', 'a\nb', 'os-things', /^"a\\nb" is not a valid module name/],
    ['a name that begins with a digit', 'os-2fa', 'os-2fa', /is not a valid module name/],
    ['a long name', `os-${'x'.repeat(40)}`, 'os-things', /at most 32 characters/],
    [
      'a name that leads to a class that every module uses',
      'os-texts',
      'os-texts',
      /would create a class Text: choose another name/,
    ],
    ['a path that begins with a slash', 'os-things', '/os-things', /"\/os-things" is not a valid path/],
    ['a path in capitals', 'os-things', 'osThings', /is not a valid path/],
    ['a parameter other than :server_id', 'os-things', 'servers/:id/os-things', /is not a valid path/],
    ['a path that looks like a project id', 'os-things', 'facade', /looks like a project id/],
    ['a path of the service itself', 'os-things', 'servers', /is a path of the service itself/],
  ])('the generator of modules rejects %s', (_what, name, path, message) => {
    expect(() => namesOf(name, path)).toThrow(message);
  });

  it.each([
    ['a capital at the start', 'Pause'],
    ['a space', 'a b'],
    ['a quote', "a'b"],
  ])('the generator of modules rejects the name of an action with %s', (_what, action) => {
    expect(() => namesOf('os-things', 'os-things', action)).toThrow(/is not a valid action/);
  });

  it.each([
    ['os-start', 'start', 'start'],
    ['createImage', 'create_image', 'createImage'],
    ['trigger_crash_dump', 'trigger_crash_dump', 'triggerCrashDump'],
  ])('the action %s is recorded as %s, and its method is %s', (action, recorded, method) => {
    expect(namesOf('os-things', 'os-things', action)).toMatchObject({ recorded, method });
  });

  it('the generator of modules rejects the action of another module', () => {
    const names = namesOf('os-things', 'os-things', 'lock');
    expect(() => {
      rejectExisting(PROJECT, names, []);
    }).toThrow(/already has the action lock/);
  });

  it.each([
    ['an existing module', 'instance-actions', 'os-moves', /^src\/instance-actions already exists/],
    ['the name of another folder', 'config', 'os-config', /^src\/config already exists/],
    [
      'the name of another test',
      'repository',
      'os-repository',
      /^test\/repository\/repository.spec.ts already exists/,
    ],
    [
      'the classes of another module',
      'os-migrations',
      'os-moves',
      /already has a class MigrationsController/,
    ],
    [
      'the table of another module',
      'instance-actions-events',
      'os-acts',
      /already has a table instance_actions_events/,
    ],
    [
      'the table of executed migrations',
      'nova-action-log-migrations',
      'os-acts',
      /^src\/database\/connection\/data-source.ts already has a table nova_action_log_migrations/,
    ],
    ['a class of the kit', 'faults', 'os-hosts', /already has a class Fault/],
    ['a class of the application', 'app', 'os-app', /^src\/app.module.ts already has a class AppModule/],
    ['the path of another module', 'moves', 'os-migrations', /already has the path os-migrations/],
    ['the title of another module', 'server-actions', 'os-acts', /already has the title Server actions/],
    ['the policies of another module', 'acts', 'os-instance-actions', /policies of os-instance-actions/],
  ])('the generator of modules rejects %s', (_what, name, path, message) => {
    const names = namesOf(name, path);
    const check = (): void => {
      rejectExisting(PROJECT, names, [`test/${name}/${name}.spec.ts`]);
    };
    expect(check).toThrow(message);
  });
});
