import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** Reads a text file. @param path relative to the project */
export function readProjectFile(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

/** Reads and parses a YAML file. @param path relative to the project */
export function readProjectYaml(path: string): unknown {
  return parse(readProjectFile(path), { merge: true });
}

/** A Kubernetes resource. All kinds of resources have these fields. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: unknown;
}

/** The npm packages with the TypeScript types of custom resources, by API group. */
const PACKAGES: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

/**
 * Checks resources with TypeScript types that were generated from the schemas of Kubernetes, the Gateway API and the
 * Prometheus operator. The compiler reports missing keys and values of a wrong type. It also reports unknown keys,
 * which the schemas allow. Check many resources in one call, because each call takes long.
 *
 * @returns the errors of each resource
 */
export async function schemaErrors(manifests: readonly Manifest[]): Promise<string[][]> {
  // The compiler is imported only here, because it is large and most tests do not need it.
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
  const errors = manifests.map((): string[] => []);
  for (const { file: at, start, messageText } of ts.getPreEmitDiagnostics(
    ts.createProgram([file], options, host),
  )) {
    // Each resource is on its own line, so the line of an error identifies its resource. An error without a line is
    // reported for the first resource.
    const line = at === undefined ? 0 : at.getLineAndCharacterOfPosition(start ?? 0).line;
    errors[line]?.push(ts.flattenDiagnosticMessageText(messageText, ' '));
  }
  return errors;
}
