import type { Type } from '@nestjs/common';
import { type ModulesContainer, Reflector } from '@nestjs/core';
import { ActionLogModule } from './action-log/action-log.module.js';
import { classNameOf } from './common/class-name.js';
import { copyUrl } from './config/own-store-url.js';
import { SettingsError } from './config/settings-error.js';
import type { Settings } from './config/settings.js';
import { LedgerModule } from './ledger/ledger.module.js';
import { MODULES } from './modules.js';
import { actionsTitle } from './nova/actions/server-action.js';
import { NovaModule } from './nova/nova.module.js';
import { RecorderStatusModule } from './recorder-status/recorder-status.module.js';

/** The modules that other modules need. They serve no routes of their own. */
const SHARED: readonly Type[] = [NovaModule, LedgerModule];

/** Returns the name of a module in the setting MODULES: `usage-audit-log` for `UsageAuditLogModule`. */
function nameOf({ name }: Type): string {
  const words = classNameOf(name)
    .replace(/Module$/, '')
    .split(/(?<=[a-z\d])(?=[A-Z])/);
  return words.join('-').toLowerCase();
}

/**
 * Returns the modules that the setting MODULES leaves out, and those that cannot work with the settings.
 *
 * @throws SettingsError for a name without a module
 */
export function leftOutModules(settings: Settings): ReadonlySet<Type> {
  const modules = new Map(MODULES.filter((one) => !SHARED.includes(one)).map((one) => [nameOf(one), one]));
  // The folder of a module may have the prefix of its resource in Nova's API.
  const plain = (name: string): string => name.replace(/^os-/, '');
  const { MODULES: names = [...modules.keys()] } = settings;
  const unknown = names.find((name) => !modules.has(plain(name)));
  if (unknown !== undefined) {
    const known = [...modules.keys()];
    throw new SettingsError(
      `MODULES contains ${unknown}, which is not a module; the modules are: ${known.join(', ')}`,
    );
  }
  const wanted = new Set(names.map(plain));
  // Beside Nova, only a service with a store can show the log of all servers, and only a service that uses the copy can
  // show the state of the recorder.
  if (settings.NOVA_API_DATABASE_URL !== undefined) {
    if (settings.DATABASE_URL === undefined) wanted.delete(nameOf(ActionLogModule));
    if (copyUrl(settings) === undefined) wanted.delete(nameOf(RecorderStatusModule));
  }
  return new Set([...modules].filter(([name]) => !wanted.has(name)).map(([, module]) => module));
}

/**
 * Removes the routes and the actions of modules. Other modules may still use the providers of these modules. Must run
 * before Nest registers the routes.
 */
export function removeRoutes(container: ModulesContainer, modules: ReadonlySet<Type>): void {
  const reflector = new Reflector();
  for (const { metatype, controllers, providers } of container.values()) {
    if (!modules.has(metatype)) continue;
    controllers.clear();
    for (const [token, provider] of providers) {
      if (actionsTitle(reflector, provider.metatype) !== undefined) providers.delete(token);
    }
  }
}
