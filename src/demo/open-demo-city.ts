import { hash, randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { SubjectKind } from '../identity/identity.ts';
import type { RevocationReason } from '../revocation/types.ts';
import { AUTHORITIES, UNTRUSTED_AUTHORITY } from './authority-plans.ts';
import { AuthorityError, openAuthority, type DemoAuthority } from './authority.ts';
import {
  DEPARTMENT_PORTS,
  startDepartments,
  type Departments,
  type GatewayForDepartments,
} from './departments.ts';
import { ACTING_PEOPLE, PEOPLE } from './people.ts';
import { ensurePersonCertificate, type DemoCertificate } from './person-certificate.ts';
import { openPrivateFolder, readIfThere, writePrivateFile } from './private-file.ts';
import { STAFF, thumbprintOf, type DemoStaff } from './staff.ts';
import { startPublisher, type Publisher } from './publisher.ts';
import { ensureServerCertificate, type ServerFiles } from './server-certificate.ts';
import { ensureTerminatorCertificate, type TerminatorFiles } from './terminator-certificate.ts';

export interface DemoPerson {
  readonly person: string;
  readonly kind: SubjectKind;
  readonly name: string;
  readonly certificates: readonly DemoCertificate[];
}

/** The demo city: authorities, people, a TLS certificate for the gateway, departments. */
export interface DemoCity {
  /** The data folder, absolute; the city lies in its `city` folder. */
  readonly folder: string;
  readonly cityPort: number;
  /** With the people whose certificates are to be refused. */
  readonly people: readonly DemoPerson[];
  /** Who has a role in the console. */
  readonly staff: readonly DemoStaff[];
  readonly authorities: ReadonlyMap<string, DemoAuthority>;
  /** With which the school enrolment service authenticates to the gateway, when it calls other departments. */
  readonly schoolSecret: string;
  readonly files: {
    readonly tls: ServerFiles;
    readonly terminator: TerminatorFiles;
    readonly people: string;
  };
  /** What config/ and ca-trust/ read from the environment, for this city. */
  readonly environment: Readonly<Record<string, string>>;
  /** @throws Error naming what there is, when there is no such certificate */
  certificate(person: string, authority: string): DemoCertificate;
  /**
   * Puts CRLs and OCSP responders on http://127.0.0.1:<cityPort>.
   * @throws what listening throws: EADDRINUSE where the port is taken
   */
  startResponders(): Promise<Publisher>;
  /**
   * Starts the departments' back ends as processes of their own.
   * @throws Error with the code EADDRINUSE and the port where one is taken
   */
  startDepartments(gateway: GatewayForDepartments): Promise<Departments>;
  /**
   * Revokes a certificate and publishes the new CRL; `serial` is hex.
   * @throws AuthorityError when there is no such certificate, or it is revoked already
   */
  revoke(authority: string, serial: string, reason?: RevocationReason): Promise<void>;
  /**
   * Takes a certificate off hold and publishes the new CRL.
   * @throws AuthorityError when it is not on hold
   */
  release(authority: string, serial: string): Promise<void>;
}

export interface DemoCityOptions {
  /** The data folder (ONECERT_DATA). */
  readonly folder: string;
  /**
   * Where CRLs and OCSP are found: it stands in the certificates. Remembered from the first start; another one than
   * the remembered has the certificates issued again, for the same keys and numbers; what was imported into a
   * browser before names the old one and has to be imported again.
   */
  readonly cityPort?: number | undefined;
  /** Ports of the departments' back ends; from the environment, or 8461 and following, where not given. */
  readonly departmentPorts?: Readonly<Partial<Record<string, number>>>;
}

const DEFAULT_PORT = 8450;

/**
 * Opens the demo city in a data folder. What is there and right is kept; what is missing, half-written or about to
 * expire is made, and every CRL is issued anew. One process at a time.
 */
export const openDemoCity = async (options: DemoCityOptions): Promise<DemoCity> => {
  const folder = resolve(options.folder);
  const city = join(folder, 'city');
  const peopleFolder = join(city, 'people');
  await openPrivateFolder(folder);
  await openPrivateFolder(city);
  await openPrivateFolder(peopleFolder);
  const cityPort = await rememberPort(join(city, 'city.json'), options.cityPort);
  const cityUrl = `http://127.0.0.1:${cityPort}`;
  const [tls, terminator, ...opened] = await Promise.all([
    ensureServerCertificate(join(city, 'tls')),
    ensureTerminatorCertificate(join(city, 'terminator')),
    ...[...AUTHORITIES, UNTRUSTED_AUTHORITY].map((plan) =>
      openAuthority(join(city, 'authorities', plan.authority), plan, cityUrl),
    ),
  ]);
  const authorities = new Map(opened.map((authority) => [authority.plan.authority, authority]));
  const authorityNamed = (name: string): DemoAuthority => {
    const authority = authorities.get(name);
    if (authority === undefined) throw new AuthorityError(`no authority "${name}" in this city`);
    return authority;
  };
  const people = await Promise.all(
    [...PEOPLE, ...ACTING_PEOPLE].map(async (plan): Promise<DemoPerson> => ({
      person: plan.person,
      kind: plan.kind,
      name: plan.name,
      certificates: await Promise.all(
        plan.certificates.map((each) =>
          ensurePersonCertificate(peopleFolder, plan, each, authorityNamed(each.authority)),
        ),
      ),
    })),
  );
  const staff = await Promise.all(
    STAFF.map(async (plan): Promise<DemoStaff> => {
      const [each] = plan.certificates;
      if (each === undefined) throw new Error(`${plan.person} has no certificate`);
      const { person, name, duty, variable } = plan;
      const certificate = await ensurePersonCertificate(
        peopleFolder,
        plan,
        each,
        authorityNamed(each.authority),
      );
      return { person, name, duty, variable, certificate };
    }),
  );
  const schoolSecret = await rememberSecret(join(city, 'school-enrolment.secret'));
  // After the people's certificates, so that what they revoke is in the first CRLs.
  await Promise.all(opened.map((authority) => authority.publish()));
  const find = (authority: string, person: string): DemoCertificate | undefined =>
    [
      ...people.flatMap(({ certificates }) => certificates),
      ...staff.map(({ certificate }) => certificate),
    ].find((each) => each.authority === authority && each.person === person);
  const ports = departmentPorts(options.departmentPorts);
  return {
    folder,
    cityPort,
    people,
    staff,
    authorities,
    schoolSecret,
    files: { tls, terminator, people: peopleFolder },
    environment: {
      ONECERT_DATA: folder,
      ONECERT_CITY_PORT: String(cityPort),
      ONECERT_SCHOOL_ENROLMENT_SECRET_HASH: hash('sha256', schoolSecret, 'base64url'),
      ...Object.fromEntries(
        staff.map(({ variable, certificate }) => [variable, thumbprintOf(certificate.certificate)]),
      ),
      ...Object.fromEntries(
        DEPARTMENT_PORTS.map(({ department, variable }) => [variable, String(ports.get(department))]),
      ),
    },
    certificate(person, authority) {
      const found = find(authority, person);
      if (found !== undefined) return found;
      throw new Error(`nobody called "${person}" has a certificate from "${authority}"`);
    },
    startResponders: () =>
      startPublisher(cityPort, authorities, (authority, person) => find(authority, person)?.serial),
    startDepartments: (gateway) => startDepartments(ports, gateway),
    revoke: async (authority, serial, reason = 'unspecified') =>
      authorityNamed(authority).revoke(serial.toLowerCase(), reason),
    release: async (authority, serial) => authorityNamed(authority).release(serial.toLowerCase()),
  };
};

const rememberPort = async (file: string, wanted: number | undefined): Promise<number> => {
  const known = readPort(await readIfThere(file));
  const port = checkPort('ONECERT_CITY_PORT', wanted ?? known ?? DEFAULT_PORT);
  if (port !== known) await writePrivateFile(file, `${JSON.stringify({ port })}\n`);
  return port;
};

const rememberSecret = async (file: string): Promise<string> => {
  const known = (await readIfThere(file))?.toString('utf8').trim();
  if (known !== undefined && /^[\w-]{43}$/.test(known)) return known;
  const secret = randomBytes(32).toString('base64url');
  await writePrivateFile(file, `${secret}\n`);
  return secret;
};

const readPort = (content: Buffer | undefined): number | undefined => {
  try {
    const { port } = JSON.parse(content?.toString('utf8') ?? '{}') as { port?: number };
    return Number.isInteger(port) ? port : undefined;
  } catch {
    return undefined;
  }
};

const departmentPorts = (given: DemoCityOptions['departmentPorts'] = {}): ReadonlyMap<string, number> =>
  new Map(
    DEPARTMENT_PORTS.map(({ department, variable, port }) => [
      department,
      checkPort(variable, given[department] ?? Number(process.env[variable] ?? port)),
    ]),
  );

const checkPort = (variable: string, port: number): number => {
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variable} is no port: expected a number from 1 to 65535`);
};
