import {
  ConfigurationError,
  type ConfigurationIssue,
} from '../../../src/configuration/configuration-error.ts';
import { parseDepartments, type DepartmentChecks } from '../../../src/services/load-departments.ts';
import { ownAddressProblem } from '../../../src/server/own-addresses.ts';
import { gatewaySettingsSchema } from '../../../src/server/gateway-settings.ts';

const department = (name: string, ...paths: readonly (readonly [path: string, backend?: string])[]) => ({
  file: `${name}.yaml`,
  text: [
    `department: ${name}`,
    `name: { zh: 部门, en: Department }`,
    'services:',
    ...paths.flatMap(([path, backend = 'http://10.1.2.3:8080'], index) => [
      `  - service: ${name}-${index}`,
      '    name: { zh: 服务, en: Service }',
      `    path: ${path}`,
      '    subjects: [citizen]',
      '    claims: []',
      `    backends: ['${backend}']`,
    ]),
  ].join('\n'),
});

const issuesOf = (
  sources: Parameters<typeof parseDepartments>[0],
  checks?: DepartmentChecks,
): readonly ConfigurationIssue[] => {
  try {
    parseDepartments(sources, checks);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.issues;
    throw error;
  }
};

describe('departments together', () => {
  it('may nest their own services, and not lie below the path of another department', () => {
    expect(issuesOf([department('tax', ['/tax'], ['/tax/annual'])])).toEqual([]);
    expect(issuesOf([department('tax', ['/tax']), department('land', ['/taxes'])])).toEqual([]);
    for (const sources of [
      [department('tax', ['/tax']), department('land', ['/other'], ['/TAX/a/b'])],
      [department('land', ['/other'], ['/TAX/a/b']), department('tax', ['/tax'])],
    ]) {
      expect(issuesOf(sources)).toMatchObject([
        { file: 'land.yaml', line: 12, path: 'services[1].path', code: 'ONECERT_PATH_OVERLAPS' },
      ]);
    }
  });

  it.each([
    'http://100.100.100.200/latest',
    'http://[fd00:ec2::254]/',
    'http://[FD00:0EC2:0::0254]/',
    'http://metadata.google.internal./',
    'https://METADATA.google.internal',
  ])('have no back end at %s', (url) => {
    expect(issuesOf([department('tax', ['/tax', url])])).toMatchObject([
      { line: 9, path: 'services[0].backends[0]', code: 'ONECERT_BACKEND_METADATA' },
    ]);
  });

  const settings = gatewaySettingsSchema.parse({
    issuer: 'https://id.city.example',
    listen: { port: 8443 },
    browser: { url: 'https://www.city.example:8440', listen: { host: '127.0.0.1', port: 8440 } },
    admin: { port: 8444 },
    tls: { certificate: 'c', key: 'k' },
    data: 'data',
  });
  const checks = { backEndProblem: ownAddressProblem(settings) };

  it.each([
    'https://localhost:8443/x',
    'https://127.8.8.8:8443',
    'http://[::1]:8444',
    'http://[::ffff:127.0.0.1]:8444',
    'http://0x7f000001:8440',
    'http://a.localhost:8440',
    'https://id.city.example',
    'https://ID.city.example.:443',
    'https://www.city.example:8440',
  ])('have no back end that is the gateway: %s', (url) => {
    expect(issuesOf([department('tax', ['/tax', url])], checks)).toMatchObject([
      { path: 'services[0].backends[0]', code: 'ONECERT_BACKEND_IS_GATEWAY' },
    ]);
  });

  it.each([
    'http://127.0.0.1:8461',
    'https://id.city.example:9443',
    'https://tax.city.example',
    'http://10.9.9.9:8440',
  ])('have a back end beside the gateway: %s', (url) => {
    expect(issuesOf([department('tax', ['/tax', url])], checks)).toEqual([]);
  });
});
