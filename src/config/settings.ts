import { joinClasses } from './kinds/join-classes.js';
import { ListeningSettings } from './settings/listening.js';
import { StoreSettings } from './settings/store.js';
import { IdentitySettings } from './settings/identity.js';
import { ApiSettings } from './settings/api.js';
import { ProtectionSettings } from './settings/protection.js';
import { OperationsSettings } from './settings/operations.js';

/**
 * Everything a deployment can set, from the environment or a `.env` file, each also as `NAME_FILE`.
 * The property names are the variables' names: one word to search for, from the shell to the code. Each class in
 * `settings/` has the settings of one topic. docs/settings.md lists them in the order of the imports.
 */
export class Settings extends joinClasses(
  ListeningSettings,
  StoreSettings,
  IdentitySettings,
  ApiSettings,
  ProtectionSettings,
  OperationsSettings,
) {}
