import type { Policy, RuleDefault } from './policy.js';

const WIDTH = 100;

const HEADER = `The rules of this service, each with its default. All of them are commented out, and what stays so
follows the defaults of later releases too. To change a rule, take the "#" from before its name and write your own.
A deprecated name still counts, for each of its successors that the file does not name.`;

/** A policy file that says of every rule what it is for and changes none; the rules that others build on come first. */
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

/** One line of YAML that is also one of JSON. */
function entry(name: string, rule: string): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(rule)}`;
}

/** Prose as comment lines that fit on a screen. */
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
