import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** What a deployment's files say, by their paths within the project. */
export function readProjectFile(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

export function readProjectYaml(path: string): unknown {
  return parse(readProjectFile(path), { merge: true });
}

/** A resource of Kubernetes, as far as any has these. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: unknown;
}

/** The packages with the types of resources that are not Kubernetes' own, by their groups. */
const PACKAGES: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/**
 * The mistakes in resources by the schemas of Kubernetes, the Gateway API and the Prometheus operator, as types: the
 * compiler reports unknown keys, which the schemas alone allow, missing keys, and values of a wrong type. One call for
 * many resources is much quicker than many calls.
 *
 * @returns the mistakes of each resource
 */
export async function schemaErrors(manifests: readonly Manifest[]): Promise<string[][]> {
  // The compiler is large, and most tests that read files need none.
  const { default: ts } = await import('typescript');
  const file = join(PROJECT, 'test', 'manifests.ts');
  const text = manifests
    .map((manifest, index) => {
      const [group = ''] = manifest.apiVersion.split('/');
      const from = `${PACKAGES[group] ?? 'kubernetes-models'}/${manifest.apiVersion}/${manifest.kind}`;
      return `export const resource${index}: import('${from}').I${manifest.kind} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, text, version) : getSourceFile(path, version);
  const mistakes = manifests.map((): string[] => []);
  for (const { file: at, start, messageText } of ts.getPreEmitDiagnostics(
    ts.createProgram([file], options, host),
  )) {
    // Each resource has a line. What is about no line is about all of them.
    const line = at === undefined ? 0 : at.getLineAndCharacterOfPosition(start ?? 0).line;
    mistakes[line]?.push(ts.flattenDiagnosticMessageText(messageText, ' '));
  }
  return mistakes;
}
