import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import { dirname, join, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

/** Imports point downwards only: module → kit → platform. What each room of `src/` may import of the others: */
const ROOMS = {
  common: [],
  config: ['common'],
  identity: ['common', 'config'],
  database: ['common', 'config'],
  nova: ['common', 'config', 'identity', 'database'],
  operations: ['common', 'config', 'identity', 'database', 'nova'],
  facade: ['common', 'config', 'nova'],
};
/** A folder that is no room is a module: it stands on these rooms and knows no other module. */
const UNDER_A_MODULE = ['common', 'config', 'identity', 'database', 'nova'];

const SRC = join(import.meta.dirname, 'src');

/** The room that a file lies in; undefined for the files directly in `src/`, which put the house together. */
function roomOf(file) {
  const [room, ...rest] = relative(SRC, file).split(sep);
  return rest.length > 0 && room !== '..' ? room : undefined;
}

const importDirection = {
  meta: { messages: { upwards: '{{from}} may import of {{allowed}}, and not of {{to}}' } },
  create(context) {
    const from = roomOf(context.filename);
    if (from === undefined) return {};
    const allowed = ROOMS[from] ?? UNDER_A_MODULE;
    const check = ({ source }) => {
      if (typeof source?.value !== 'string' || !source.value.startsWith('.')) return;
      const to = roomOf(resolve(dirname(context.filename), source.value)) ?? 'src';
      if (to !== from && !allowed.includes(to)) {
        context.report({
          node: source,
          messageId: 'upwards',
          data: { from, to, allowed: allowed.join(', ') || 'nothing' },
        });
      }
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
    plugins: { house: { rules: { 'import-direction': importDirection } }, regexp },
    rules: {
      'house/import-direction': 'error',
      // Callers choose texts: the time that an expression takes must grow with their length alone.
      'regexp/no-super-linear-backtracking': 'error',
      'regexp/no-super-linear-move': ['error', { ignorePartial: false }],
    },
  },
);
