import type { Bilingual } from '../configuration/units.ts';
import type { KeyKind } from './signing-key.ts';

/** A fictional authority of the demo city. What its certificates look like is in people.ts; see ca-trust/ too. */
export interface AuthorityPlan {
  readonly authority: string;
  readonly name: Bilingual;
  readonly keys: KeyKind;
  /** Whether OCSP answers are signed by a delegated responder (RFC 6960 section 4.2.2.2) or by the issuer itself. */
  readonly ocspSigner: 'delegated' | 'issuer';
  /** Certificate policy, in the arc set aside for documentation (RFC 5612). */
  readonly policy: string;
}

/** 1.3.6.1.4.1.32473 is for examples (RFC 5612): the private arcs of the demo's authorities. */
export const DOCUMENTATION_ARC = '1.3.6.1.4.1.32473';

export const AUTHORITIES: readonly AuthorityPlan[] = [
  {
    authority: 'yuean',
    name: { zh: '粤安电子认证', en: 'Yuean Certification' },
    keys: 'rsa-2048',
    ocspSigner: 'delegated',
    policy: `${DOCUMENTATION_ARC}.1.100`,
  },
  {
    authority: 'zhujiang',
    name: { zh: '珠江电子认证', en: 'Zhujiang Certification' },
    keys: 'p-256',
    ocspSigner: 'issuer',
    policy: `${DOCUMENTATION_ARC}.2.100`,
  },
  {
    authority: 'pengcheng',
    name: { zh: '鹏城电子认证', en: 'Pengcheng Certification' },
    keys: 'sm2',
    ocspSigner: 'delegated',
    policy: `${DOCUMENTATION_ARC}.3.100`,
  },
];

/** Publishes as the others do, but stands in no trust list. */
export const UNTRUSTED_AUTHORITY: AuthorityPlan = {
  authority: 'wuming',
  name: { zh: '无名电子认证', en: 'Wuming Certification' },
  keys: 'p-256',
  ocspSigner: 'issuer',
  policy: `${DOCUMENTATION_ARC}.9.100`,
};
