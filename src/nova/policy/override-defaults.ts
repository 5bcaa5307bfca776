import type { RuleTexts } from './rules-in-force.js';
import { canonicalForm } from './language/canonical-form.js';
import type { RuleDefault } from './policy.js';

/** The rules that count, and facts about the files that an operator should know. */
export interface OverriddenDefaults {
  readonly rules: RuleTexts;
  /** Names in the files that neither the service has nor another of their rules uses. */
  readonly unknown: readonly string[];
  /** One line for each deprecated name in the files. */
  readonly deprecations: readonly string[];
}

/**
 * Puts an operator's rules over the defaults, as oslo.policy does where new defaults are enforced: a rule of the
 * files counts as it stands, and a default that replaced an older rule gives way where the files name only that.
 */
export function overrideDefaults(defaults: readonly RuleDefault[], fromFiles: RuleTexts): OverriddenDefaults {
  const rules = new Map(Object.entries(fromFiles));
  for (const one of defaults) {
    if (!Object.hasOwn(fromFiles, one.name)) rules.set(one.name, ruleInPlaceOf(one, fromFiles));
  }
  return {
    // Not by assignment: a name such as `__proto__` is a name like any other.
    rules: Object.fromEntries(rules),
    unknown: unknownNames(defaults, fromFiles),
    deprecations: deprecations(defaults, fromFiles),
  };
}

/** What a default that no file overrides comes to. */
function ruleInPlaceOf({ name, rule, deprecated }: RuleDefault, fromFiles: RuleTexts): unknown {
  if (deprecated === undefined || !Object.hasOwn(fromFiles, deprecated.name)) return rule;
  const older = fromFiles[deprecated.name];
  const form = canonicalForm(older);
  // `rule:<name>` behind the older name is how sample files make it another name of the new rule.
  return form === `rule:${name}` || isOlderDefault(form, deprecated.rule) ? rule : older;
}

/**
 * Whether a file's rule says no more than the older default did, and so is no wish of the operator's. Nova reads
 * its defaults before its own check `is_admin` is known to it, so to Nova no rule of a file equals one with that.
 */
function isOlderDefault(form: string, olderDefault: string): boolean {
  return form === canonicalForm(olderDefault) && !olderDefault.includes('is_admin:');
}

function unknownNames(defaults: readonly RuleDefault[], fromFiles: RuleTexts): string[] {
  const known = new Set(['default']);
  for (const { name, deprecated } of defaults) {
    known.add(name);
    if (deprecated !== undefined) known.add(deprecated.name);
  }
  const used = namesUsed(Object.values(fromFiles));
  return Object.keys(fromFiles).filter((name) => !known.has(name) && !used.has(name));
}

/** The names behind every `rule:` in rules, wherever in them it stands. */
function namesUsed(rules: readonly unknown[]): Set<string> {
  const words = rules.flat(2).flatMap((rule) => (typeof rule === 'string' ? rule.split(/[\s()]+/) : []));
  const prefix = 'rule:';
  return new Set(words.filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length)));
}

function deprecations(defaults: readonly RuleDefault[], fromFiles: RuleTexts): string[] {
  const successors = new Map<string, { readonly since: string; readonly names: string[] }>();
  const lines: string[] = [];
  for (const { name, deprecated, deprecatedForRemoval } of defaults) {
    if (deprecatedForRemoval !== undefined && Object.hasOwn(fromFiles, name)) {
      lines.push(
        `"${name}" is deprecated since Nova ${deprecatedForRemoval.since} and will go: ${deprecatedForRemoval.reason}`,
      );
    }
    if (deprecated === undefined || !Object.hasOwn(fromFiles, deprecated.name)) continue;
    const known = successors.get(deprecated.name);
    if (known === undefined) successors.set(deprecated.name, { since: deprecated.since, names: [name] });
    else known.names.push(name);
  }
  for (const [older, { since, names }] of successors) {
    lines.push(`"${older}" is deprecated since Nova ${since} in favour of ${names.join(', ')}`);
  }
  return lines;
}
