import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import { dirname, join, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

/**
 * The folders of `src/`: the other folders that each may import from, and the layers inside it from the lowest to the
 * highest, where `.` is the files that stand directly in the folder. A layer may import from the layers below it.
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

/** Any other folder is a module: it knows the platform and the kit, and no other module. */
const A_MODULE = { imports: ['common', 'config', 'identity', 'database', 'nova'], layers: ['.'] };

const SRC = join(import.meta.dirname, 'src');

/** The folder and the layer of a file; undefined for the programs and the composition, which stand directly in `src/`. */
function placeOf(file) {
  const [folder, ...rest] = relative(SRC, file).split(sep);
  if (rest.length === 0 || folder === '..') return undefined;
  const { imports, layers } = LAYERS[folder] ?? A_MODULE;
  // `identity/identity.module.ts` assembles its folder: it belongs to the highest layer.
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
    const from = placeOf(context.filename);
    if (from === undefined) return {};
    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = placeOf(resolve(dirname(context.filename), source.value)) ?? { folder: 'src', name: 'src' };
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
      // An import of types only would erase what Nest reads of a controller's parameters at run time.
      '@typescript-eslint/consistent-type-imports': 'off',
      // Nest's modules are classes that hold nothing.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allow: [{ name: 'Microversion', from: 'file' }] },
      ],
      // Options are plain objects wherever a library declares them as a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Texts are taken apart into code points, and are meant to be.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // What the generator of modules leaves to the developer.
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
      // Callers choose texts: the time that an expression takes must grow with their length alone.
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': ['error', { ignorePartial: false }],
    },
  },
);
