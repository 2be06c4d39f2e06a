import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Import rules of the house (docs/architecture.md): each folder, and what it may not reach. */
const banned = (files, groups, extra = {}) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: groups.map(([group, message]) => ({ group, message })), ...extra },
    ],
  },
});

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'data/',
      'data-*/',
      'tmp/',
      'views/assets/generated/',
      'scripts/places/',
      '**/*.hbs',
      'server/features/demo/county/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A forgotten await on a Mongoose query never executes it.
      '@typescript-eslint/no-floating-promises': ['error', { checkThenables: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/explicit-function-return-type': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowAny: true }],
      // Ids are ObjectIds in rows and text everywhere else; String(id) is the one conversion.
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/unbound-method': 'off',
      // Schema literals set it off; what they hold is checked by the models' tests.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      'no-console': 'error',
      'no-control-regex': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Time comes from core/clock.ts (now) or the context (contextNow).',
        },
        {
          selector: 'MemberExpression[property.name="SafeString"]',
          message: 'Escaping is never switched off; only http/view-helpers.ts may.',
        },
        {
          selector: 'CallExpression[callee.property.name="enterWith"]',
          message: 'Contexts are entered with run, never with enterWith.',
        },
        {
          selector: 'Property[key.name="middleware"][value.value=false]',
          message: 'Hooks carry the tenant; they are never skipped.',
        },
      ],
    },
  },
  {
    files: [
      'server/http/view-helpers.ts',
      'server/core/clock.ts',
      'server/db/migrations/**',
      'server/db/embedded/**',
      'server/db/migrate.ts',
      'scripts/**',
      'test/**',
      'bench/**',
    ],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: [
      'scripts/**',
      'bench/**',
      'test/support/reporter.ts',
      'test/support/results.ts',
      'test/browser/**',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    // Typed arrays: every index is in range by construction, and a check on each would cost half the speed.
    files: ['server/features/matching/{solver,search,pairs}/**', 'bench/**', 'scripts/solve/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  banned(
    ['server/core/**'],
    [
      [
        ['../*', '!./*', 'express*', 'mongoose', 'mongodb'],
        'core imports nothing of ours and knows neither web nor database',
      ],
    ],
  ),
  banned(
    ['server/features/**/*.rules.ts'],
    [
      [
        ['node:*', 'express*', 'mongoose', 'mongodb', '*.service.ts', '*.model.ts', '*.routes.ts'],
        'rules are pure: types and other rules only',
      ],
    ],
  ),
  banned(
    ['server/features/**/*.ts'],
    [
      [['express', 'express-session', 'passport', 'multer'], 'features never see a request'],
      [['nodemailer', 'agenda', '@agendajs/*'], 'mail leaves through the outbox, time passes through sweeps'],
      [
        ['**/jobs/**', '**/compose.ts', '**/compose/**', '**/main.ts', '**/app.ts'],
        'features are composed, they do not compose',
      ],
    ],
  ),
  banned(
    ['server/http/**'],
    [
      [
        ['**/features/**', '**/compose.ts', '**/compose/**'],
        'http knows no feature; what it needs is injected',
      ],
    ],
  ),
  banned(['server/db/**'], [[['**/features/**', '**/http/**', '**/mail/**'], 'db imports core only']]),
  banned(
    ['server/db/migrations/**'],
    [
      [
        ['../*', '../../*', 'mongoose'],
        'migrations import only the driver: what they did must not change later',
      ],
    ],
  ),
  banned(['server/mail/**'], [[['**/features/**', '**/http/**'], 'mail imports core, db and i18n']]),
  banned(['server/i18n/**'], [[['**/features/**', '**/http/**', '**/db/**'], 'i18n imports core only']]),
  banned(['jobs/**'], [[['**/http/**', 'express', 'mongoose'], 'jobs work through features and db']]),
  { files: ['jobs/agenda.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        document: 'readonly',
        window: 'readonly',
        navigator: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        localStorage: 'readonly',
        HTMLElement: 'readonly',
        Element: 'readonly',
        Node: 'readonly',
        HTMLFormElement: 'readonly',
        HTMLAnchorElement: 'readonly',
        HTMLInputElement: 'readonly',
        L: 'readonly',
        htmx: 'readonly',
        FormData: 'readonly',
        Event: 'readonly',
        Buffer: 'readonly',
        AbortController: 'readonly',
        location: 'readonly',
        indexedDB: 'readonly',
        caches: 'readonly',
        self: 'readonly',
        crypto: 'readonly',
        URLSearchParams: 'readonly',
        DOMParser: 'readonly',
        HTMLButtonElement: 'readonly',
        // Filled in by the server (http/assets.ts).
        __FILES__: 'readonly',
      },
    },
  },
);
