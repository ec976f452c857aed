// Projects by cost: `npm test -- --selectProjects unit` while working, all of them before a commit.
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['onecert-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/'],
};
// Minutes each: `npm run test:long` runs these too. Outages and rotations under load, a migrated city of 100,000, every
// refusal page in four forms, 200 kills (`fault/audit-kill` kills a few times in every run), certificates in the browser's own store.
const LONG = [
  'browser/console-operator',
  'browser/own-certificates',
  'browser/refusal-pages',
  'fault/audit-kill-200',
  'fault/drain',
  'fault/gateway-disk-full',
  'integration/change-under-load',
  'integration/console/conflicts',
  'integration/key-rotation',
  'integration/migrate',
  'integration/redis-cluster',
  'integration/replicas',
  'integration/stores-away',
  // Their answers come too late on a machine with nothing to spare.
  'unit/storage/redis-failover',
  'unit/storage/redis-groups',
];
const left =
  process.env.ONECERT_LONG_TESTS === '1' ? [] : LONG.map((name) => `<rootDir>/test/${name}\\.test\\.ts$`);
const project = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', ...left],
});

module.exports = {
  projects: ['unit', 'conformance', 'integration', 'browser', 'fault', 'fuzz'].map(project),
  // Cities start in processes of their own: with more workers than processors every suite takes twice as long.
  maxWorkers: 2,
  testTimeout: 60_000,
};
