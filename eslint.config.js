import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import { dirname, join, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

/**
 * The folders of `src/`. `imports` lists the other folders that a folder may import from. `layers` lists the layers
 * inside the folder from the lowest to the highest; `.` means the files directly in the folder. A layer may import from
 * the layers below it.
 */
const LAYERS = {
  common: { imports: [], layers: ['.', 'http'] },
  config: { imports: ['common'], layers: ['addresses', 'kinds', 'settings', '.'] },
  identity: { imports: ['common', 'config'], layers: ['.', 'keystone'] },
  database: {
    imports: ['common', 'config'],
    layers: ['rows', 'tables', 'connection', 'own-store', 'cells', '.'],
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
        'servers',
      ],
      ...['view', 'pagination', 'route', 'pipeline', 'discovery'],
    ],
  },
  operations: {
    imports: ['common', 'config', 'identity', 'database', 'nova'],
    layers: ['requests', 'server', 'log', 'metrics', 'protection', 'health', 'pages', '.'],
  },
  facade: { imports: ['common', 'config', 'nova'], layers: ['.'] },
  processes: { imports: ['common', 'config', 'operations'], layers: ['.'] },
};

/** Any other folder is a module. It may import from the platform and the kit, but not from other modules. */
const MODULE = { imports: ['common', 'config', 'identity', 'database', 'nova'], layers: ['.'] };

const SRC = join(import.meta.dirname, 'src');

/**
 * Returns the folder and the layer of a file; undefined for files directly in `src/`: the programs and their
 * composition.
 */
function locationOf(file) {
  const [folder, ...rest] = relative(SRC, file).split(sep);
  if (rest.length === 0 || folder === '..') return undefined;
  const { imports, layers } = LAYERS[folder] ?? MODULE;
  // A Nest module such as `identity/identity.module.ts` belongs to the highest layer, because it uses all layers.
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
      // Nest modules are empty classes.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allow: [{ name: 'Microversion', from: 'file' }] },
      ],
      // The code passes plain objects where a library declares its options as a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // The code spreads strings into code points intentionally.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // The module generator writes this marker where the developer must decide.
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
      // Callers control the texts, so the time of a regular expression must grow linearly with their length.
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': ['error', { ignorePartial: false }],
    },
  },
);
