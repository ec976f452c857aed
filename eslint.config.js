import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Commands that a machine with Node and npm alone has not. */
const TOOLS = new Set([
  'openssl',
  'curl',
  'nginx',
  'haproxy',
  'redis-server',
  'promtool',
  'systemd-analyze',
  'git',
]);
const ASKED = /\b(?:describeWith|haveTools|hasTools|haveOpenssl|hasOpenssl)\b/;

/** `npm test` passes on such a machine: tests with a command ask first whether it is there (test/tools.ts). */
const askForTools = {
  meta: {
    messages: { ask: 'ask for {{tool}} first: describeWith or haveTools of test/tools.ts' },
    schema: [],
  },
  create: (context) => {
    if (ASKED.test(context.sourceCode.text)) return {};
    return {
      CallExpression: (node) => {
        const [first] = node.arguments;
        const isCity = node.callee.type === 'MemberExpression' && node.callee.property.name === 'curl';
        const tool = isCity
          ? 'curl'
          : first?.type === 'Literal' && TOOLS.has(first.value)
            ? first.value
            : undefined;
        if (tool !== undefined) context.report({ node, messageId: 'ask', data: { tool } });
      },
    };
  },
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'data/', 'test/conformance/pkits/', '**/*.cjs'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
    },
  },
  {
    files: ['test/**/*.test.ts'],
    plugins: { onecert: { rules: { 'ask-for-tools': askForTools } } },
    rules: { 'onecert/ask-for-tools': 'error' },
  },
  { files: ['src/cli/**', 'bench/**', 'examples/**', 'src/demo/**'], rules: { 'no-console': 'off' } },
  { files: ['eslint.config.js'], ...tseslint.configs.disableTypeChecked },
);
