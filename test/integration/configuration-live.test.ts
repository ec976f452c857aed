import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';
import { call, connectTls, keepAliveAgent } from './proxy/client.ts';

const withTools = hasTools() ? describe : describe.skip;

/** The gateway looks at its files every second and waits until they stand still. */
withTools('configuration changed while the gateway runs', () => {
  let census: Census;
  let city: City;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    await city.start();
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  const taken = (): number => city.log().filter(({ msg }) => msg === 'configuration taken').length;
  const complaints = (): Record<string, unknown>[] =>
    city.log().filter(({ msg }) => String(msg).startsWith('configuration not taken'));
  const codeOf = async (path: string, as: string): Promise<unknown> => {
    const answer = await city.curl(path, { as });
    return answer.status === 200 ? 200 : answer.json().code;
  };
  const takeUp = async (change: () => void): Promise<void> => {
    const before = taken();
    change();
    await eventually('the change is in force', () => taken() > before);
  };

  it('a department changes its enrolment, on open connections too, and nobody signs in again for it', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    const { ONECERT_PORT: port } = city.ports;
    expect((await call(port, '/citizens-only', { agent })).status).toBe(200);
    const signIns = (): number => city.audit().filter(({ event }) => event === 'sign-in').length;
    const before = signIns();
    await takeUp(() =>
      city.edit(
        'config/departments/census.yaml',
        'path: /citizens-only\n',
        'path: /citizens-only\n    enabled: false\n',
      ),
    );
    expect((await call(port, '/citizens-only', { agent })).json().code).toBe('ONECERT_SERVICE_DISABLED');
    expect((await call(port, '/census', { agent })).status).toBe(200);
    expect(signIns()).toBe(before);
    agent.destroy();
  });

  it('a department comes and goes', async () => {
    const file = join(city.configuration, 'departments/archive.yaml');
    const text = readFileSync(file, 'utf8');
    await takeUp(() => rmSync(file));
    expect(await codeOf('/archive', 'li-wei-yuean')).toBe('ONECERT_SERVICE_NOT_FOUND');
    await takeUp(() => writeFileSync(file, text));
    expect(await codeOf('/archive', 'li-wei-yuean')).toBe(200);
  });

  it('a broken file leaves the old in force and says where; so does config check, with exit code 3', async () => {
    expect((await city.onecert('config', 'check', '--config', city.configuration)).code).toBe(0);
    const file = 'config/departments/tax.yaml';
    city.edit(file, 'subjects: [enterprise]', 'subjects: [enterprize]');
    await eventually('the log says so', () => complaints().length > 0);
    const [complaint] = complaints();
    const line =
      readFileSync(join(city.folder, file), 'utf8')
        .split('\n')
        .findIndex((each) => each.includes('enterprize')) + 1;
    expect(complaint).toMatchObject({
      file: join(city.folder, file),
      line,
      path: 'services[0].subjects[0]',
      msg: expect.stringContaining('the old one stays in force') as string,
    });
    const check = await city.onecert('config', 'check', '--config', city.configuration);
    expect(check.code).toBe(3);
    expect(check.stderr).toContain(`${join(city.folder, file)}:${line}:`);
    expect(check.stderr).toContain('services[0].subjects[0]');
    expect(await codeOf('/joint-tax', 'pengwan-tech-yuean')).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([
      200,
      expect.stringContaining('the old configuration is in force'),
    ]);
    await takeUp(() => city.edit(file, 'enterprize', 'enterprise'));
  });

  it('each of several mistakes in several files is named at once, and nothing of the set is taken', async () => {
    const before = complaints().length;
    city.edit('config/departments/housing.yaml', 'path: /rental-housing #', 'path: rental-housing #');
    city.edit('ca-trust/yuean/authority.yaml', 'rsaMinimumBits: 2048', 'rsaMinimumBits: many');
    writeFileSync(join(city.configuration, 'departments/new.yaml'), 'department: new\n  name: {\n');
    await eventually('the log says so', () => complaints().length >= before + 3);
    const check = await city.onecert('config', 'check', '--config', city.configuration);
    expect(check.code).toBe(3);
    for (const name of ['housing.yaml:', 'authority.yaml:', 'new.yaml:'])
      expect(check.stderr).toContain(name);
    expect(await codeOf('/rental-housing', 'li-wei-yuean')).toBe(200);
    await takeUp(() => {
      city.edit('config/departments/housing.yaml', 'path: rental-housing #', 'path: /rental-housing #');
      city.edit('ca-trust/yuean/authority.yaml', 'rsaMinimumBits: many', 'rsaMinimumBits: 2048');
      rmSync(join(city.configuration, 'departments/new.yaml'));
    });
  });

  it('an authority withdrawn from the trust list: refused at the next call of an open connection; and taken back', async () => {
    const agent = keepAliveAgent(city.pair('chen-fang-zhujiang'));
    const call_ = () => call(city.ports.ONECERT_PORT, '/census', { agent });
    expect((await call_()).status).toBe(200);
    const opened = (await city.metric('onecert_connections_total')).get('');
    const file = 'ca-trust/zhujiang/authority.yaml';
    await takeUp(() => city.edit(file, 'authority: zhujiang\n', 'authority: zhujiang\nstatus: withdrawn\n'));
    const answer = await call_();
    expect([answer.status, answer.json().code]).toEqual([403, 'ONECERT_AUTHORITY_WITHDRAWN']);
    expect((await city.metric('onecert_connections_total')).get('')).toBe(opened);
    expect(await codeOf('/census', 'chen-fang-yuean')).toBe(200);
    expect((await city.curl('/census')).body).not.toContain('珠江');
    await takeUp(() => city.edit(file, 'status: withdrawn\n', ''));
    expect((await call_()).status).toBe(200);
    agent.destroy();
  });

  it('a new TLS certificate is shown to new connections', async () => {
    const fingerprint = async (): Promise<string> => {
      const socket = await connectTls(city.ports.ONECERT_PORT);
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const before = await fingerprint();
    await takeUp(() => {
      // Another pair at hand: the one of the city's own authority.
      for (const kind of ['crt', 'key']) {
        const text = readFileSync(join(city.data, `city/tls/ca.${kind}`));
        writeFileSync(join(city.data, `city/tls/server.${kind}`), text);
      }
    });
    expect(await fingerprint()).not.toBe(before);
  });

  it('what needs a restart says so', async () => {
    city.edit('config/gateway.yaml', 'threads: ${ONECERT_THREADS:-auto}', 'threads: 3');
    await eventually('the log says so', () =>
      city.log().some(({ msg, setting }) => setting === 'threads' && /needs a restart/.test(String(msg))),
    );
    city.edit('config/gateway.yaml', 'threads: 3', 'threads: 3\nconsole: { networks: [10.1.0.0/16] }');
    await eventually('and of the networks of the console', () =>
      city.log().some(({ msg, setting }) => setting === 'console' && /needs a restart/.test(String(msg))),
    );
  });
});
