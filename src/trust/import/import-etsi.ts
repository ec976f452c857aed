import type { Certificate } from '../../certificate/certificate.ts';
import { formatName } from '../../certificate/name.ts';
import { parseCertificate } from '../../certificate/parse.ts';
import { identifierOf, type AuthorityDraft } from './authority-draft.ts';
import type { EtsiList, EtsiProvider, EtsiService } from './read-etsi-list.ts';

/** Issues qualified certificates (TS 119 612 clause 5.5.1.1). */
const CA_QC = 'http://uri.etsi.org/TrstSvc/Svctype/CA/QC';
const STATUS = 'http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/';

type Status = 'granted' | 'withdrawn';

export interface EtsiImport {
  readonly drafts: readonly AuthorityDraft[];
  /** What was left out and why, one line each. */
  readonly leftOut: readonly string[];
}

/** An identity of a service, with what the list says of it. */
interface Listed {
  readonly certificate: Certificate;
  readonly service: EtsiService;
  readonly status: Status;
}

/**
 * Drafts from the CA/QC services of a list: one authority for each provider's granted services, a draft; another for its
 * withdrawn ones, withdrawn, so that people with their certificates are told so. A service's certificate is an anchor
 * whether or not it is self-signed: the list is what vouches for it (TS 119 612 clause 5.5.3).
 *
 * @param source what the drafts say they come from
 * @param at ms since the epoch
 */
export const importEtsi = (list: EtsiList, source: string, at: number): EtsiImport => {
  const leftOut: string[] = [];
  const listed = list.providers.flatMap((provider) =>
    provider.services.flatMap((service) =>
      identitiesOf(provider, service, at, (why) => leftOut.push(why)).map((each) => ({ provider, ...each })),
    ),
  );
  const kept = latestOfEachKey(listed);
  const drafts = (['granted', 'withdrawn'] as const).flatMap((status) =>
    [...Map.groupBy(kept, ({ provider }) => provider)].flatMap(([provider, all]) => {
      const group = all.filter((each) => each.status === status);
      return group.length === 0 ? [] : [draftOf(list, provider, status, group, source)];
    }),
  );
  return { drafts: withDistinctIdentifiers(drafts), leftOut };
};

const identitiesOf = (
  provider: EtsiProvider,
  service: EtsiService,
  at: number,
  leaveOut: (why: string) => void,
): Listed[] => {
  if (service.type !== CA_QC) return [];
  const named = `${provider.name.en}, ${service.name.en}`;
  const status = statusOf(service.status);
  if (status === undefined) {
    leaveOut(`${named}: status ${service.status} is neither granted nor withdrawn`);
    return [];
  }
  if (Date.parse(service.statusSince) > at) {
    leaveOut(`${named}: its status begins only at ${service.statusSince}`);
    return [];
  }
  if (service.certificates.length === 0) leaveOut(`${named}: names no certificate`);
  return service.certificates.flatMap((der) => {
    try {
      const certificate = parseCertificate(der);
      if (certificate.basicConstraints?.ca === true) return [{ certificate, service, status }];
      leaveOut(`${named}: ${formatName(certificate.subject)} is not a certificate of an authority`);
    } catch (error) {
      leaveOut(`${named}: ${(error as Error).message}`);
    }
    return [];
  });
};

const statusOf = (uri: string): Status | undefined => {
  const status = uri.startsWith(STATUS) ? uri.slice(STATUS.length) : '';
  return status === 'granted' || status === 'withdrawn' ? status : undefined;
};

/** One key belongs to one authority, with the status that came last; withdrawn where both began at once. */
const latestOfEachKey = <T extends Listed>(listed: readonly T[]): T[] => {
  const order = ({ service, status }: T): number =>
    Date.parse(service.statusSince) + (status === 'withdrawn' ? 0.5 : 0);
  const latest = new Map<string, T>();
  const certificates = new Map<string, T>();
  for (const each of listed) {
    const key = Buffer.from(each.certificate.publicKey.keyBits).toString('base64');
    const known = latest.get(key);
    if (known === undefined || order(each) > order(known)) latest.set(key, each);
    if (!certificates.has(each.certificate.fingerprint)) certificates.set(each.certificate.fingerprint, each);
  }
  // Several certificates of one key (a renewed authority) all stay, under what was said last of the key.
  return [...certificates.values()].map(({ certificate }) => ({
    ...(latest.get(Buffer.from(certificate.publicKey.keyBits).toString('base64')) as T),
    certificate,
  }));
};

const draftOf = (
  list: EtsiList,
  provider: EtsiProvider,
  status: Status,
  group: readonly Listed[],
  source: string,
): AuthorityDraft => {
  const certificates = group.map(({ certificate }) => certificate);
  const identifier = identifierOf(provider.name.en, certificates[0] as Certificate);
  const services = [...new Set(group.map(({ service }) => service))];
  const since = services
    .map(({ statusSince }) => statusSince)
    .sort((a, b) => Date.parse(a) - Date.parse(b))[0];
  return {
    authority: status === 'granted' ? identifier : `${identifier}-withdrawn`,
    name: provider.name,
    status: status === 'granted' ? 'draft' : 'withdrawn',
    ...(status === 'granted' && since !== undefined ? { validFrom: withoutFraction(since) } : {}),
    ...(provider.website === undefined ? {} : { website: provider.website }),
    ...(provider.email === undefined ? {} : { email: provider.email }),
    remarks: [
      `Imported from ${source},`,
      `list ${list.sequence} of ${list.operator.en} (${list.territory}), issued ${list.issued}.`,
      'THE SIGNATURE OF THE LIST WAS NOT VERIFIED.',
      ...services.map(({ name, statusSince }) => `Service: ${name.en}: ${status} since ${statusSince}.`),
    ],
    anchors: certificates,
    intermediates: [],
  };
};

const withoutFraction = (time: string): string => time.replace(/\.\d+Z$/, 'Z');

/** Providers with names alike: the later ones get the beginning of a fingerprint. */
const withDistinctIdentifiers = (drafts: readonly AuthorityDraft[]): AuthorityDraft[] => {
  const taken = new Set<string>();
  return drafts.map((draft) => {
    const suffix = draft.anchors[0]?.fingerprint.slice(0, 8) ?? '';
    const authority = taken.has(draft.authority) ? `${draft.authority}-${suffix}` : draft.authority;
    taken.add(authority);
    return { ...draft, authority };
  });
};
