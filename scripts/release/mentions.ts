/** The files that may contain the version of the service, as Git path patterns. */
export const FILES_WITH_VERSION = [
  'Dockerfile',
  'compose.yaml',
  'README.md',
  'deploy',
  'docs/*.md',
  ':!docs/decisions',
];

/**
 * Replaces the version where it is an image tag, a kustomize `newTag` or a version label. Keeps versions of other
 * software.
 */
export function replaceVersion(text: string, from: string, to: string): string {
  const version = from.replaceAll('.', '\\.');
  const forms = `(nova-action-log:|newTag: ['"]?|version["']?[=:] ?["']?)`;
  return text.replaceAll(new RegExp(`${forms}${version}(?![\\w.-])`, 'g'), (_all, form: string) => form + to);
}
