import type { Policy, RuleDefault } from './policy.js';

/** The maximum length of a comment line, in characters. */
const WIDTH = 100;

const HEADER = `The rules of this service, each with its default. All of them are commented out. A rule that stays
commented out follows the defaults of later releases. To change a rule, remove the "#" before its name and edit the
rule. A deprecated name still applies to each of its successors that the file does not contain.`;

/** Returns a policy file that describes every rule, but changes none. The base rules come first, then the policies. */
export function samplePolicyFile(base: readonly RuleDefault[], policies: readonly Policy[]): string {
  const sections = [
    comment(HEADER),
    ...base.map((rule) => section(rule, [])),
    ...policies.map((policy) =>
      section(policy, [
        ...policy.operations.map(({ method, path }) => `${method}  ${path}`),
        `For tokens of the scope: ${policy.scopes.join(', ')}`,
      ]),
    ),
  ];
  return `${sections.join('\n\n')}\n`;
}

function section(
  { name, rule, description, deprecated, deprecatedForRemoval }: RuleDefault,
  facts: string[],
): string {
  const lines = [comment(description), ...facts.map((fact) => `# ${fact}`)];
  if (deprecatedForRemoval !== undefined)
    lines.push(
      comment(`Deprecated since Nova ${deprecatedForRemoval.since}. ${deprecatedForRemoval.reason}`),
    );
  if (deprecated !== undefined) {
    const { name: older, rule: olderRule, since, reason } = deprecated;
    lines.push(comment(`Deprecated name, since Nova ${since}: ${entry(older, olderRule)}. ${reason}`));
  }
  lines.push(`#${entry(name, rule)}`);
  return lines.join('\n');
}

/** Returns an entry of the file as one line that is valid in YAML and in JSON. */
function entry(name: string, rule: string): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(rule)}`;
}

/** Wraps prose into comment lines. */
function comment(prose: string): string {
  const lines: string[] = [];
  let line = '#';
  for (const word of prose.split(/\s+/)) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}
