// Dependencies point one way. Each room may import itself, the rooms named here, and libraries; nothing else.
// The same table, with each room's job, stands in docs/architecture.md.
const ROOMS = {
  cli: '*',
  demo: '*',
  server: '*',
  federation: [
    'refusal',
    'signin',
    'decision',
    'services',
    'assertion',
    'identity',
    'audit',
    'verdict',
    'tracing',
  ],
  portal: ['refusal', 'services', 'verdict', 'identity', 'audit', 'signin', 'decision'],
  proxy: [
    'refusal',
    'decision',
    'signin',
    'assertion',
    'audit',
    'services',
    'verdict',
    'certificate',
    'tracing',
  ],
  admin: [
    'refusal',
    'configuration',
    'changes',
    'services',
    'trust',
    'revocation',
    'identity',
    'audit',
    'signin',
    'decision',
    'verdict',
    'certificate',
    'portal',
  ],
  changes: ['refusal', 'configuration', 'storage', 'audit'],
  inspection: [
    'refusal',
    'configuration',
    'certificate',
    'path',
    'trust',
    'revocation',
    'services',
    'storage',
    'audit',
    'identity',
  ],
  assertion: [],
  signin: ['refusal', 'verdict', 'certificate'],
  decision: ['refusal', 'verdict', 'identity', 'services', 'signin', 'certificate'],
  services: ['refusal', 'configuration', 'storage'],
  identity: ['refusal', 'storage', 'certificate'],
  verdict: ['refusal', 'path', 'revocation', 'trust', 'certificate'],
  trust: ['refusal', 'configuration', 'certificate', 'path', 'revocation', 'identity', 'storage'],
  revocation: ['refusal', 'certificate', 'configuration'],
  path: ['refusal', 'certificate', 'configuration'],
  certificate: ['refusal'],
  audit: ['storage'],
  storage: [],
  tracing: ['configuration'],
  observability: [],
  configuration: [],
  refusal: [],
};
// cli > demo > server > the rest: the three that may import "everything" still point one way among themselves.
const ABOVE = { cli: [], demo: ['cli'], server: ['cli', 'demo'] };
const all = Object.keys(ROOMS);
const forbiddenFor = (room) =>
  ROOMS[room] === '*' ? ABOVE[room] : all.filter((other) => other !== room && !ROOMS[room].includes(other));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'known-rooms-only',
      comment: 'a new folder under src/ needs a row in ROOMS and in docs/architecture.md',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${all.join('|')})/` },
    },
    { name: 'src-stands-alone', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench)/' } },
    ...all
      .filter((room) => forbiddenFor(room).length > 0)
      .map((room) => ({
        name: `rooms-${room}`,
        severity: 'error',
        from: { path: `^src/${room}/` },
        to: { path: `^src/(${forbiddenFor(room).join('|')})/` },
      })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['onecert-source', 'import', 'node', 'default'] },
  },
};
