import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Gate, Admission } from '../decision/types.ts';
import type { Service } from '../services/enrolment.ts';
import type { ServiceFilter } from './services-page.ts';

/** What refuses a person's every call to a service, whatever the operation. */
const CLOSED: readonly RefusalCode[] = [
  'ONECERT_SERVICE_DISABLED',
  'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
  'ONECERT_AUTHORITY_NOT_ACCEPTED',
  'ONECERT_ACTING_ROLE_NOT_ACCEPTED',
  'ONECERT_ASSURANCE_TOO_LOW',
];

/** The services that a filter leaves. Whether one is open to a person, the decision itself says. */
export const findServices = (
  services: readonly Service[],
  { q, stage, mine }: ServiceFilter,
  gate: Pick<Gate, 'decide'>,
  admission: Admission | undefined,
): readonly Service[] => {
  const words = fold(q).split(/\s+/).filter(Boolean);
  return services.filter(
    (service) =>
      words.every((word) => textOf(service).includes(word)) &&
      (stage === undefined || service.stages?.includes(stage) === true) &&
      (!mine || admission === undefined || isOpen(service, gate, admission)),
  );
};

const isOpen = (service: Service, gate: Pick<Gate, 'decide'>, admission: Admission): boolean => {
  const decision = gate.decide(admission, { method: 'GET', path: service.path });
  return decision.outcome === 'allow' || !CLOSED.includes(decision.code);
};

const textOf = ({ name, description, department, service }: Service): string =>
  fold(
    [
      name.zh,
      name.en,
      description?.zh,
      description?.en,
      department.name.zh,
      department.name.en,
      service,
    ].join('\n'),
  );

/** Full width and half width, upper and lower case are alike to who searches. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase();
