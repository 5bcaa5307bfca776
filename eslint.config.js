import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import { dirname, join, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

/**
 * The folders of `src/`. `imports` lists the other folders from which the files of a folder may import. `layers` lists
 * the layers of a folder, from the lowest to the highest; `.` is the layer of the files directly in the folder. A layer
 * may import only from lower layers.
 */
const LAYERS = {
  common: { imports: [], layers: ['.', 'http'] },
  config: { imports: ['common'], layers: ['addresses', 'kinds', 'settings', '.'] },
  identity: { imports: ['common', 'config'], layers: ['.', 'keystone'] },
  database: {
    imports: ['common', 'config'],
    layers: ['rows', 'tables', 'connection', 'own-store', 'cells', '.'],
  },
  ledger: {
    imports: ['common', 'config', 'database'],
    layers: ['.', 'record', 'cells', 'copy', 'actions', 'search', 'writer', 'retention', 'rebuild'],
  },
  recorder: {
    imports: ['common', 'config', 'database', 'ledger'],
    layers: ['source', '.', 'changes', 'past', 'follow', 'cells'],
  },
  nova: {
    imports: ['common', 'config', 'identity', 'database'],
    layers: [
      ...[
        'python',
        'fault',
        'url',
        'schema',
        'microversion',
        'policy/language',
        'policy',
        'query',
        'body',
        'servers',
      ],
      ...['view', 'pagination', 'route', 'pipeline', 'actions', 'discovery'],
    ],
  },
  operations: {
    imports: ['common', 'config', 'identity', 'database', 'ledger', 'nova'],
    layers: ['requests', 'server', 'log', 'metrics', 'protection', 'health', 'pages', '.'],
  },
  facade: { imports: ['common', 'config', 'nova'], layers: ['.'] },
  processes: { imports: ['common', 'config', 'operations'], layers: ['.'] },
};

/**
 * The entry for each folder that `LAYERS` does not name. Such a folder is a module: it may import from these six
 * folders, and the recorder and the writer of actions from `instance-actions`, but not from another module.
 */
const MODULE = {
  imports: ['common', 'config', 'identity', 'database', 'ledger', 'nova', 'instance-actions'],
  layers: ['.'],
};

const SRC = join(import.meta.dirname, 'src');

/**
 * Returns the folder and the layer of a file. Returns undefined for the files directly in `src/`, which start the
 * service and may import everything.
 */
function locationOf(file) {
  const [folder, ...rest] = relative(SRC, file).split(sep);
  if (rest.length === 0 || folder === '..') return undefined;
  const { imports, layers } = LAYERS[folder] ?? MODULE;
  // A Nest module such as `identity/identity.module.ts` belongs to the highest layer of its folder, because it imports
  // from all layers.
  const isAssembly = rest.length === 1 && /\.module\.[jt]s$/.test(file);
  const layer = isAssembly ? layers.at(-1) : rest.slice(0, -1).join('/') || '.';
  const rank = layers.indexOf(layer);
  const below = rank < 0 ? [] : layers.slice(0, rank).map((other) => nameOf(folder, other));
  return { folder, name: nameOf(folder, layer), allowed: [...imports, ...below] };
}

function nameOf(folder, layer) {
  return layer === '.' ? folder : `${folder}/${layer}`;
}

const importDirection = {
  meta: { messages: { upwards: '{{from}} must not import from {{to}}; it may import from {{allowed}}' } },
  create(context) {
    const from = locationOf(context.filename);
    if (from === undefined) return {};
    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = locationOf(resolve(dirname(context.filename), source.value)) ?? {
        folder: 'src',
        name: 'src',
      };
      if (to.name === from.name) return;
      if (from.allowed.includes(to.folder === from.folder ? to.name : to.folder)) return;
      context.report({
        node: source,
        messageId: 'upwards',
        data: { from: from.name, to: to.name, allowed: from.allowed.join(', ') || 'no other folder' },
      });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      TSImportType: check,
    };
  },
};

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'coverage/', 'data/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A type-only import would remove the parameter types that Nest reads from controllers at run time.
      '@typescript-eslint/consistent-type-imports': 'off',
      // Nest modules are empty classes with decorators.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allow: [{ name: 'Microversion', from: 'file' }] },
      ],
      // Some libraries declare their options as a class. The code passes plain objects instead.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // The code applies `...` to a string only to get its code points.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // The module generator writes this marker where the developer must make a decision. Lint fails until the marker
      // is removed.
      'no-warning-comments': ['error', { terms: ['DECIDE:'], location: 'anywhere' }],
    },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    plugins: { layers: { rules: { 'import-direction': importDirection } }, regexp },
    rules: {
      'layers/import-direction': 'error',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: 'servers/server\\.js$',
              importNames: ['WRITE'],
              message: 'A server changes only through ActionRecorder, which records the change in its log.',
            },
          ],
        },
      ],
      // Clients choose the texts that the regular expressions read. The time of a match must grow at most linearly with
      // the length of the text.
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': ['error', { ignorePartial: false }],
    },
  },
  {
    files: ['src/instance-actions/recorded-action.ts'],
    rules: { '@typescript-eslint/no-restricted-imports': 'off' },
  },
);
