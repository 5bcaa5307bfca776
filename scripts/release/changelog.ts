import { UsageError } from '../shared/console.js';

const UNRELEASED = '## Unreleased\n';

/**
 * Moves the unreleased changes under the heading of a release.
 *
 * @param day the date of the release, such as `2026-11-27`
 * @throws UsageError if the changelog has no unreleased change
 */
export function releaseChanges(changelog: string, version: string, day: string): string {
  const [, after = ''] = changelog.split(UNRELEASED);
  const [changes = ''] = after.split('\n## ');
  if (!/^- /m.test(changes)) throw new UsageError('CHANGELOG.md has no change under "## Unreleased"');
  return changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} - ${day}\n`);
}
