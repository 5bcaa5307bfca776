import type { RuleTexts } from './rules-in-force.js';
import { canonicalForm } from './language/canonical-form.js';
import type { RuleDefault } from './policy.js';

/** The rules in force, and the unknown and deprecated names in the policy files, which are reported to operators. */
export interface OverriddenDefaults {
  readonly rules: RuleTexts;
  /** Names in the files that are neither the name of a rule of the service nor used by other rules of the files. */
  readonly unknown: readonly string[];
  /** One message for each deprecated name in the files. */
  readonly deprecations: readonly string[];
}

/**
 * Overrides the defaults with the rules of policy files, as oslo.policy does with `enforce_new_defaults`. A rule of the
 * files replaces the default of the same name. If the files contain only the deprecated name of a rule, the rule under
 * that name replaces the default.
 */
export function overrideDefaults(defaults: readonly RuleDefault[], fromFiles: RuleTexts): OverriddenDefaults {
  const rules = new Map(Object.entries(fromFiles));
  for (const one of defaults) {
    if (!Object.hasOwn(fromFiles, one.name)) rules.set(one.name, ruleWithoutOverride(one, fromFiles));
  }
  return {
    // `Object.fromEntries` also works for the name `__proto__`; an assignment would not.
    rules: Object.fromEntries(rules),
    unknown: unknownNames(defaults, fromFiles),
    deprecations: deprecations(defaults, fromFiles),
  };
}

/**
 * Returns the rule for a name that the files do not contain: its default, or the rule that the files contain under its
 * deprecated name.
 */
function ruleWithoutOverride({ name, rule, deprecated }: RuleDefault, fromFiles: RuleTexts): unknown {
  if (deprecated === undefined || !Object.hasOwn(fromFiles, deprecated.name)) return rule;
  const older = fromFiles[deprecated.name];
  const form = canonicalForm(older);
  // The sample files of oslo.policy make the older name an alias of the new rule: `"older name": "rule:new name"`.
  return form === `rule:${name}` || isOlderDefault(form, deprecated.rule) ? rule : older;
}

/**
 * Returns true if a file's rule equals the older default. In this case the operator has changed nothing, so the new
 * default applies.
 *
 * As in Nova, a default with `is_admin:` never equals a rule of a file, even if both have the same text. Nova parses
 * its defaults before it registers its own check `is_admin`, and the files after that. So the same text becomes two
 * different checks.
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

/** Returns the names that rules refer to as `rule:name`. */
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
      const { since, reason } = deprecatedForRemoval;
      lines.push(`"${name}" is deprecated since Nova ${since} and will be removed: ${reason}`);
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
