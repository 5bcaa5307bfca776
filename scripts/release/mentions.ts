/** The files that may contain the version of the service, as path patterns for Git. */
export const FILES_WITH_VERSION = [
  'Dockerfile',
  'compose.yaml',
  'README.md',
  'deploy',
  'docs/*.md',
  ':!docs/decisions',
];

/**
 * Replaces the version in image tags, in kustomize's `newTag`, and in version labels. Leaves the versions of other
 * software unchanged.
 */
export function replaceVersion(text: string, from: string, to: string): string {
  const version = from.replaceAll('.', '\\.');
  const forms = `(nova-action-log:|newTag: ['"]?|version["']?[=:] ?["']?)`;
  return text.replaceAll(new RegExp(`${forms}${version}(?![\\w.-])`, 'g'), (_all, form: string) => form + to);
}
