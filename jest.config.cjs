// Projects by cost: `npm test -- --selectProjects unit` while working, all of them before a commit.
const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['onecert-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/strip-types.cjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/data/'],
};
const project = (name) => ({
  ...base,
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
});

module.exports = {
  projects: ['unit', 'conformance', 'integration', 'browser', 'fault', 'fuzz'].map(project),
  maxWorkers: 2,
  testTimeout: 60_000,
};
