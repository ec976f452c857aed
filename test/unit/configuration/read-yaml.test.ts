import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigurationError } from '../../../src/configuration/configuration-error.ts';
import { readYaml } from '../../../src/configuration/read-yaml.ts';
import { byteSize, duration } from '../../../src/configuration/units.ts';

const schema = z.strictObject({
  listen: z.strictObject({ port: z.number().int(), host: z.string().default('::') }),
  wait: duration.prefault('2s'),
  limit: byteSize.prefault('10MiB'),
  names: z.array(z.string()).default([]),
});

describe('readYaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-yaml-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (text: string, environment: NodeJS.ProcessEnv = {}) => {
    const file = join(folder, 'a.yaml');
    writeFileSync(file, text);
    return readYaml(file, schema, environment).value;
  };
  const issuesOf = (text: string, environment: NodeJS.ProcessEnv = {}) => {
    try {
      read(text, environment);
    } catch (error) {
      if (error instanceof ConfigurationError) return error.issues;
    }
    throw new Error('expected a ConfigurationError');
  };

  it('fills defaults and reads units', () => {
    expect(read('listen: { port: 1 }\nwait: 500ms\nlimit: 64KiB\n')).toEqual({
      listen: { port: 1, host: '::' },
      wait: 500,
      limit: 65_536,
      names: [],
    });
    expect(read('listen: { port: 1 }')).toMatchObject({ wait: 2_000, limit: 10_485_760 });
  });

  it('names line, column, path and what was expected', () => {
    const [issue] = issuesOf('wait: 1s\nlisten:\n  host: a\n  port: eighty\n');
    expect(issue).toMatchObject({ line: 4, column: 3, path: 'listen.port' });
    expect(issue?.message).toMatch(/expected number/);
  });

  it('reports every mistake at once, a missing setting at what should hold it', () => {
    const issues = issuesOf('listen:\n  hots: a\nwait: soon\nnames: [x, 2]\n');
    expect(issues.map(({ path, line }) => `${line} ${path}`).sort()).toEqual([
      '1 listen.port',
      '2 listen.hots',
      '3 wait',
      '4 names[1]',
    ]);
    expect(issues.find(({ path }) => path === 'wait')?.message).toMatch(/expected a duration such as/);
  });

  it('refuses broken YAML and keys written twice, with their line', () => {
    expect(issuesOf('listen:\n  port: [1\n')[0]?.line).toBeGreaterThanOrEqual(2);
    expect(issuesOf('listen: { port: 1 }\nwait: 1s\nwait: 2s\n')[0]).toMatchObject({ line: 3 });
  });

  it('reads the environment: unquoted values get their type, quoted ones stay text', () => {
    const text = 'listen:\n  port: ${PORT:-8443}\n  host: "${HOST:-12}"\n';
    expect(read(text)).toMatchObject({ listen: { port: 8443, host: '12' } });
    expect(read(text, { PORT: '9', HOST: 'h' })).toMatchObject({ listen: { port: 9, host: 'h' } });
  });

  it.each(['{', '*a', '[', '/srv/data #1', 'a: b', '~', '!!js x'])(
    'takes a variable as it is: %j',
    (HOST) => {
      expect(read('listen: { port: 1 }\nnames:\n  - ${HOST}\n', { HOST })).toMatchObject({ names: [HOST] });
      expect(issuesOf('listen:\n  port: ${HOST}\n', { HOST })[0]).toMatchObject({
        line: 2,
        path: 'listen.port',
      });
    },
  );

  it('says which variable is not set, and where', () => {
    const [issue] = issuesOf('listen:\n  port: ${NOT_SET}\n');
    expect(issue).toMatchObject({ line: 2 });
    expect(issue?.message).toMatch(/NOT_SET is not set/);
  });

  it('says so when there is no such file', () => {
    expect(() => readYaml(join(folder, 'none.yaml'), schema)).toThrow(/none\.yaml:1:1: no such file/);
  });
});
