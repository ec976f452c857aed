/** The demo city: three fictional authorities, invented people, departments; made at first start, never committed. */
export { AuthorityError, type DemoAuthority } from './authority.ts';
export type { Departments, GatewayForDepartments } from './departments.ts';
export { openDemoCity, type DemoCity, type DemoCityOptions, type DemoPerson } from './open-demo-city.ts';
export type { DemoCertificate } from './person-certificate.ts';
export { PKCS12_PASSWORD } from './pkcs12-password.ts';
export type { Publisher } from './publisher.ts';
export { demoSummary, type DemoUrls } from './summary.ts';
