import { joinClasses } from './kinds/join-classes.js';
import { ListeningSettings } from './settings/listening.js';
import { StoreSettings } from './settings/store.js';
import { IdentitySettings } from './settings/identity.js';
import { ApiSettings } from './settings/api.js';
import { ProtectionSettings } from './settings/protection.js';
import { RecorderSettings } from './settings/recorder.js';
import { OperationsSettings } from './settings/operations.js';

/**
 * All settings of the service, from the environment or a `.env` file. For each variable `NAME`, the variable
 * `NAME_FILE` may name a file with the value instead. The properties have the names of the variables, so that one text
 * search finds a setting in scripts and in code. Each class in `settings/` has the settings of one topic.
 * docs/settings.md lists the settings in the order of the classes below.
 */
export class Settings extends joinClasses(
  ListeningSettings,
  StoreSettings,
  RecorderSettings,
  IdentitySettings,
  ApiSettings,
  ProtectionSettings,
  OperationsSettings,
) {}
