/** Files that may name the version of the service, as Git's path patterns. */
export const PLACES = ['Dockerfile', 'compose.yaml', 'README.md', 'deploy', 'docs/*.md', ':!docs/decisions'];

/**
 * Replaces the version in the forms that files use: a tag of the image, a tag for kustomize, a label.
 * Versions of other software stay.
 */
export function replaceVersion(text: string, from: string, to: string): string {
  const version = from.replaceAll('.', '\\.');
  const forms = `(nova-action-log:|newTag: ['"]?|version["']?[=:] ?["']?)`;
  return text.replaceAll(new RegExp(`${forms}${version}(?![\\w.-])`, 'g'), (_all, form: string) => form + to);
}
