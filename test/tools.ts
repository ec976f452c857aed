import { spawnSync } from 'node:child_process';

const required = process.env['ONECERT_REQUIRE_SERVICES'] === '1';

/** Whether every command is there, so that tests with it can run; where they must (CI), a missing one throws. */
export const haveTools = (...commands: readonly string[]): boolean => {
  const missing = commands.filter((command) => spawnSync(command, ['--version']).error !== undefined);
  if (missing.length > 0 && required) throw new Error(`missing: ${missing.join(', ')}`);
  return missing.length === 0;
};

/** `describe`, or skipping where a command is not there and need not be. */
export const describeWith = (...commands: readonly string[]): jest.Describe =>
  haveTools(...commands) ? describe : describe.skip;
