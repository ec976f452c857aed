import { byDepartment, renderServiceGroups } from '../../../src/portal/service-list.ts';
import { createDirectory } from '../../../src/services/directory.ts';
import { claimsWithoutPurpose } from '../../../src/services/claims.ts';
import { departmentSchema } from '../../../src/services/enrolment.ts';

const name = { zh: '税务局', en: 'Tax Bureau' };
const { services } = createDirectory([
  departmentSchema.parse({
    department: 'tax',
    name,
    services: [
      {
        service: 'joint-tax',
        name,
        path: '/joint-tax',
        subjects: ['citizen'],
        claims: [
          { claim: 'name', purpose: { zh: '填表<b>', en: 'to fill in <b>forms' } },
          'kind',
          'identifiers',
        ],
        backends: ['http://127.0.0.1:1'],
      },
    ],
  }),
]);

describe('a service in the directory', () => {
  const page = (language: 'zh' | 'en'): string =>
    renderServiceGroups(byDepartment(services, language), [], language)
      .map((each) => each.markup)
      .join('');

  it('says what it is told of people, and what for', () => {
    expect(page('zh')).toContain('<li>姓名或名称，用于填表&lt;b&gt;</li>');
    expect(page('en')).toContain('<li>your name: to fill in &lt;b&gt;forms</li>');
    expect(page('en')).toContain('<li>whether you are a citizen or an enterprise</li>');
  });

  it('has to give a purpose for what is personal', () => {
    expect(claimsWithoutPurpose(services[0]?.claims ?? [])).toEqual(['identifiers']);
  });
});
