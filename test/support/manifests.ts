import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parse, parseAllDocuments } from 'yaml';

const PROJECT = join(import.meta.dirname, '..', '..');

/** What a deployment's files say, by their paths within the project. */
export function textOf(path: string): string {
  return readFileSync(join(PROJECT, path), 'utf8');
}

export function yamlOf(path: string): unknown {
  return parse(textOf(path), { merge: true });
}

/** A resource of Kubernetes, as far as any has these. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: unknown;
}

/** All resources in a folder, but what is for kustomize alone. */
export function manifestsIn(folder: string): Manifest[] {
  return readdirSync(join(PROJECT, folder))
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .flatMap((name) => parseAllDocuments(textOf(join(folder, name))))
    .map((document) => document.toJS() as Manifest);
}

/**
 * What is wrong with resources by Kubernetes' own schemas, as types: the compiler tells of keys that there are not,
 * which the schemas alone allow, as well as of those that lack and of values of a wrong kind.
 */
export function mistakesIn(manifests: readonly Manifest[]): string[] {
  const file = join(PROJECT, 'test', 'manifests.ts');
  const text = manifests
    .map((manifest, index) => {
      const from = `kubernetes-models/${manifest.apiVersion}/${manifest.kind}`;
      return `export const resource${index}: import('${from}').I${manifest.kind} = ${JSON.stringify(manifest)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
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
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
