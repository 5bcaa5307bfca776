import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { debianPrograms } from '../process/debian.js';
import { type Manifest, PROJECT, readProjectFile } from './manifests.js';
import { run } from '../process/run.js';

/** The parts of a kustomization that tests change. */
export interface Kustomization {
  readonly resources: readonly string[];
  readonly components?: readonly string[];
  readonly namespace?: string;
  readonly images: readonly Readonly<Record<string, string>>[];
  readonly configMapGenerator: readonly { readonly literals: readonly string[] }[];
}

const DEPLOY = 'nova-action-log/deploy/kubernetes';

/** Returns the path of an overlay or component, in the form that the documents use in a kustomization. */
export function kustomizePath(name: string): string {
  return `${DEPLOY}/${name}`;
}

/** The kustomization that docs/deploy/kubernetes.md shows to operators. */
export function documentedKustomization(): Kustomization {
  const text = /```yaml\n(# kustomization\.yaml\n[^]*?)```/.exec(
    readProjectFile('docs/deploy/kubernetes.md'),
  )?.[1];
  if (text === undefined) throw new Error('docs/deploy/kubernetes.md has no kustomization');
  return parse(text) as Kustomization;
}

/**
 * Runs `kubectl kustomize` on a kustomization. The folder of the project is next to it, under the name
 * `nova-action-log`.
 *
 * @returns the Kubernetes resources
 */
export async function renderKustomization(kustomization: Kustomization): Promise<Manifest[]> {
  const { kubectl } = await debianPrograms('kubectl');
  const folder = await mkdtemp(join(tmpdir(), 'kustomize-'));
  try {
    await cp(join(PROJECT, 'deploy/kubernetes'), join(folder, DEPLOY), { recursive: true });
    await writeFile(join(folder, 'kustomization.yaml'), stringify(kustomization));
    const { code, out, err } = await run(kubectl, ['kustomize', folder]);
    if (code !== 0 || err !== '')
      throw new Error(`kubectl kustomize failed with code ${code} (it needs version 1.30 or newer): ${err}`);
    return parseAllDocuments(out).map((document) => document.toJS() as Manifest);
  } finally {
    await rm(folder, { recursive: true });
  }
}
