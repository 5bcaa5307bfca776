import { expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describedSettings } from '../../src/config/kinds/setting.decorator.js';
import '../../src/config/settings.js';
import { PROJECT, readProjectFile } from '../support/deploy/manifests.js';

/** The commands of npm. All other commands after `npm` or `npm run` must be scripts in package.json. */
const NPM_COMMANDS = ['audit', 'ci', 'install', 'outdated', 'pack', 'publish', 'sbom', 'version'];

/** Names of other software and of examples: HAProxy, SQL, the cluster module of Node, GitHub. */
const NAMES_OF_OTHERS = ['METH_GET', 'NOVA_URL', 'JSON_TABLE', 'SCHED_NONE', 'CODE_OF_CONDUCT'];

/** Folders that a command makes: the build, `npm ci`, and the example in docs/adding-a-module.md. */
const MADE_BY_COMMANDS = /^(?:dist|node_modules|(?:src|test)\/(?:keypairs|pause-server))(?:\/|$)/;

const { scripts } = JSON.parse(readProjectFile('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const namesInCode = new Set(
  ['src', 'test', 'scripts', 'bench', 'deploy']
    .flatMap(filesIn)
    .filter((path) => /\.(?:[jt]s|ya?ml|env|conf|service)$/.test(path) && !path.endsWith('documents.spec.ts'))
    .flatMap((path) => readProjectFile(path).match(/\w+/g) ?? []),
);

function filesAtTop(name: RegExp): string[] {
  return readdirSync(PROJECT).filter((file) => name.test(file));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(PROJECT.length + 1));
}

/** Returns the code blocks of a Markdown text, except diffs, and the texts between backticks. */
function quotesIn(document: string): string[] {
  const block = /^ *```(\w*)\n([\s\S]*?)^ *```/gm;
  const blocks = [...document.matchAll(block)].filter(([, language]) => language !== 'diff');
  return [...blocks.map(([, , text = '']) => text), ...all(/`([^`]+)`/g, document.replace(block, ''))];
}

function all(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

/**
 * Returns the commands, paths and names in capitals (settings, constants) that a Markdown text quotes but that do not
 * exist.
 */
function missingFrom(document: string): string[] {
  return quotesIn(document).flatMap((quote) => [
    ...all(/\bnpm run (?:--silent )?([\w:-]+)/g, quote).filter((name) => !(name in scripts)),
    ...all(/\bnpm (?!run\b)([a-z]+)\b/g, quote).filter(
      (name) => !(name in scripts) && !NPM_COMMANDS.includes(name),
    ),
    ...all(/\bdist\/([\w-]+)\.js\b/g, quote).filter(
      (name) => !existsSync(join(PROJECT, 'src', `${name}.ts`)),
    ),
    ...all(/\b([A-Z][A-Z\d]*(?:_[A-Z\d]+)+)\b(?!…|\*|_)/g, quote).filter((name) => !isKnown(name)),
    ...all(
      /(?<![\w/.-])((?:src|test|docs|scripts|bench|deploy|config|dist)\/[\w./-]*\w)(?![\w*<{]|-?…)/g,
      quote,
    ).filter((path) => !MADE_BY_COMMANDS.test(path) && !existsSync(join(PROJECT, path))),
  ]);
}

/**
 * Returns true if the name is a setting (with or without the suffix `_FILE`), a name in the code, or a name of other
 * software.
 */
function isKnown(name: string): boolean {
  return (
    describedSettings().has(name.replace(/_FILE$/, '')) ||
    namesInCode.has(name) ||
    NAMES_OF_OTHERS.includes(name)
  );
}

it('every command, setting and path that a document quotes exists', () => {
  const folders = ['.github', 'deploy', 'docs', 'test'];
  const documents = [...filesAtTop(/\.md$/), ...folders.flatMap(filesIn)].filter((path) =>
    path.endsWith('.md'),
  );
  const missing = documents.map((path) => [path, missingFrom(readProjectFile(path))] as const);
  expect(documents).toContain('docs/settings.md');
  expect(missing.filter(([, names]) => names.length > 0)).toEqual([]);
});

it('the check of documents reports commands, settings and paths that do not exist, in code blocks and between backticks', () => {
  const document = [
    'Call `npm run tset`, or `npm strat`, with `DATABASE_ULR=…` (see `src/database/cels`).',
    '```sh\nMAX_BODY_SIZ=1 node dist/mian.js && npm start\n```',
  ].join('\n\n');
  expect(missingFrom(document)).toEqual([
    'mian',
    'MAX_BODY_SIZ',
    'tset',
    'strat',
    'DATABASE_ULR',
    'src/database/cels',
  ]);
});
