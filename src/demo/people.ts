import type { Extension } from '@peculiar/asn1-x509';
import type { SubjectKind } from '../identity/identity.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { RevocationReason } from '../revocation/types.ts';
import type { NameParts } from './asn1.ts';
import { DOCUMENTATION_ARC } from './authority-plans.ts';
import { identifierExtension } from './extensions.ts';
import type { KeyKind, SignatureHash } from './signing-key.ts';

/**
 * Invented people and enterprises with the numbers their certificates carry. The check digits are right; a citizen's
 * sequence code 000 is given to nobody, and so are these organisation codes.
 */
export const NUMBERS = {
  'li-wei': { citizenId: '440305198503120001' },
  // Born 1971: an old certificate may still carry the first-generation number.
  'chen-fang': { citizenId: '440303197108230000', firstGeneration: '440303710823000' },
  'pengwan-tech': { creditCode: '91440300MA5DEM012D', organisationCode: 'MA5DEM012' },
  'lianhua-trade': { creditCode: '91440300MA5DEM0208', taxNumber: '440305MA5DEM020' },
  'wang-lei': { citizenId: '440304199006010002' },
} as const;

/** One certificate to be made. */
export interface CertificatePlan {
  readonly authority: string;
  readonly subject: NameParts;
  /** The extensions that carry the subject's numbers. */
  readonly identifiers: readonly Extension[];
  readonly defect?: Defect;
}

/** What is wrong with a certificate that is made to be refused. */
export interface Defect {
  readonly refusal: RefusalCode;
  readonly validity?: 'expired' | 'not-yet-valid';
  readonly usage?: 'encryption';
  readonly key?: KeyKind;
  readonly hash?: SignatureHash;
  readonly revoked?: RevocationReason;
}

export interface PersonPlan {
  /** Stands in the names of the files: <person>-<authority>.crt. */
  readonly person: string;
  readonly kind: SubjectKind;
  readonly name: string;
  readonly certificates: readonly CertificatePlan[];
}

const SCHEME = '2.16.156.112548';
const NATIONAL = '1.2.86.11.7';
const GB20518 = '1.2.156.10260.4.1';

const CITY = { C: 'CN', ST: '广东省', L: '深圳市' };
const citizen = (name: string): NameParts => ({ ...CITY, CN: name });
const enterprise = (name: string): NameParts => ({ ...CITY, O: name, CN: name });

const toHex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
const toBase64 = (text: string): string => Buffer.from(text).toString('base64');

/** Two citizens and two enterprises, each with a certificate of every authority, each written differently. */
const ACCEPTED: readonly PersonPlan[] = [
  {
    person: 'li-wei',
    kind: 'citizen',
    name: '李伟',
    certificates: [
      {
        authority: 'yuean',
        subject: citizen('李伟'),
        identifiers: [identifierExtension(SCHEME, 'utf8', NUMBERS['li-wei'].citizenId)],
      },
      {
        authority: 'zhujiang',
        subject: citizen('李伟'),
        identifiers: [
          identifierExtension(`${DOCUMENTATION_ARC}.2.11`, 'printable', `SF${NUMBERS['li-wei'].citizenId}`),
        ],
      },
      {
        authority: 'pengcheng',
        // The number stands after the name too; the profile takes it out of the name.
        subject: citizen(`李伟 ${NUMBERS['li-wei'].citizenId}`),
        identifiers: [identifierExtension(`${GB20518}.1`, 'bare', NUMBERS['li-wei'].citizenId)],
      },
    ],
  },
  {
    person: 'chen-fang',
    kind: 'citizen',
    name: '陈芳',
    certificates: [
      {
        authority: 'yuean',
        subject: citizen('陈芳'),
        identifiers: [
          identifierExtension(`${NATIONAL}.1`, 'printable', NUMBERS['chen-fang'].firstGeneration),
        ],
      },
      {
        authority: 'zhujiang',
        subject: citizen('陈芳'),
        identifiers: [
          identifierExtension(
            `${DOCUMENTATION_ARC}.2.11`,
            'bmp',
            `1@5013SF${NUMBERS['chen-fang'].citizenId}`,
          ),
        ],
      },
      {
        authority: 'pengcheng',
        subject: citizen('陈芳'),
        identifiers: [
          identifierExtension(`${DOCUMENTATION_ARC}.3.1`, 'utf8', toHex(NUMBERS['chen-fang'].citizenId)),
        ],
      },
    ],
  },
  {
    person: 'pengwan-tech',
    kind: 'enterprise',
    name: '深圳市鹏湾科技有限公司',
    certificates: [
      {
        authority: 'yuean',
        subject: enterprise('深圳市鹏湾科技有限公司'),
        identifiers: [
          identifierExtension(SCHEME, 'utf8', NUMBERS['pengwan-tech'].creditCode),
          identifierExtension(`${DOCUMENTATION_ARC}.1.3`, 'utf8', `TY${NUMBERS['pengwan-tech'].creditCode}`),
        ],
      },
      {
        authority: 'zhujiang',
        subject: enterprise('深圳市鹏湾科技有限公司'),
        // The organisation code alone: the unified code of the same enterprise holds it.
        identifiers: [
          identifierExtension(
            `${DOCUMENTATION_ARC}.2.11`,
            'printable',
            `JJ${NUMBERS['pengwan-tech'].organisationCode}`,
          ),
        ],
      },
      {
        authority: 'pengcheng',
        subject: enterprise('深圳市鹏湾科技有限公司'),
        identifiers: [identifierExtension(`${GB20518}.4`, 'bare', NUMBERS['pengwan-tech'].creditCode)],
      },
    ],
  },
  {
    person: 'lianhua-trade',
    kind: 'enterprise',
    name: '深圳市莲花贸易有限公司',
    certificates: [
      {
        authority: 'yuean',
        subject: enterprise('深圳市莲花贸易有限公司'),
        // The tax number of before 2015: region code and organisation code.
        identifiers: [identifierExtension(`${NATIONAL}.5`, 'ia5', NUMBERS['lianhua-trade'].taxNumber)],
      },
      {
        authority: 'zhujiang',
        // In the distinguished name, and nowhere else.
        subject: {
          ...enterprise('深圳市莲花贸易有限公司'),
          serialNumber: NUMBERS['lianhua-trade'].creditCode,
        },
        identifiers: [],
      },
      {
        authority: 'pengcheng',
        subject: enterprise('深圳市莲花贸易有限公司'),
        identifiers: [
          identifierExtension(
            `${DOCUMENTATION_ARC}.3.2`,
            'utf8',
            toBase64(NUMBERS['lianhua-trade'].creditCode),
          ),
        ],
      },
    ],
  },
];

/** Certificates by which people act for an enterprise, each saying its role where its authority writes it. */
export const ACTING_PEOPLE: readonly PersonPlan[] = [
  {
    person: 'pengwan-legal',
    kind: 'enterprise',
    name: '深圳市鹏湾科技有限公司',
    certificates: [
      {
        authority: 'yuean',
        subject: { ...enterprise('深圳市鹏湾科技有限公司'), name: '周敏' },
        identifiers: [
          identifierExtension(SCHEME, 'utf8', NUMBERS['pengwan-tech'].creditCode),
          identifierExtension(`${DOCUMENTATION_ARC}.1.5`, 'utf8', '法定代表人'),
        ],
      },
    ],
  },
  {
    person: 'pengwan-finance',
    kind: 'enterprise',
    name: '深圳市鹏湾科技有限公司',
    certificates: [
      {
        authority: 'yuean',
        subject: { ...enterprise('深圳市鹏湾科技有限公司'), name: '何静' },
        identifiers: [
          identifierExtension(SCHEME, 'utf8', NUMBERS['pengwan-tech'].creditCode),
          identifierExtension(`${DOCUMENTATION_ARC}.1.5`, 'utf8', '财务'),
        ],
      },
      {
        authority: 'zhujiang',
        subject: { ...enterprise('深圳市鹏湾科技有限公司'), OU: '财务', name: '何静' },
        identifiers: [
          identifierExtension(
            `${DOCUMENTATION_ARC}.2.11`,
            'printable',
            `TY${NUMBERS['pengwan-tech'].creditCode}`,
          ),
        ],
      },
    ],
  },
];

const WANG_LEI = NUMBERS['wang-lei'].citizenId;

const writeAs = (authority: string, number: string): Extension => {
  switch (authority) {
    case 'yuean':
      return identifierExtension(`${DOCUMENTATION_ARC}.1.3`, 'utf8', `SF${number}`);
    case 'zhujiang':
      return identifierExtension(`${DOCUMENTATION_ARC}.2.11`, 'printable', `SF${number}`);
    default:
      return identifierExtension(`${GB20518}.1`, 'utf8', number);
  }
};

/** 王磊 holds nothing but certificates that are refused, each for its own reason; the file is named by it. */
const refused = (
  person: string,
  defect: Defect,
  authorities: readonly string[],
  number: string | null = WANG_LEI,
): PersonPlan => ({
  person,
  kind: 'citizen',
  name: '王磊',
  certificates: authorities.map((authority) => ({
    authority,
    subject: citizen('王磊'),
    identifiers: number === null ? [] : [writeAs(authority, number)],
    defect,
  })),
});

const WRONG_CHECK_DIGIT = `${WANG_LEI.slice(0, 17)}7`;

const REFUSED: readonly PersonPlan[] = [
  refused('revoked', { refusal: 'ONECERT_CERTIFICATE_REVOKED', revoked: 'keyCompromise' }, [
    'yuean',
    'zhujiang',
    'pengcheng',
  ]),
  refused('on-hold', { refusal: 'ONECERT_CERTIFICATE_ON_HOLD', revoked: 'certificateHold' }, [
    'yuean',
    'zhujiang',
  ]),
  refused('expired', { refusal: 'ONECERT_CERTIFICATE_EXPIRED', validity: 'expired' }, [
    'zhujiang',
    'pengcheng',
  ]),
  refused('not-yet-valid', { refusal: 'ONECERT_CERTIFICATE_NOT_YET_VALID', validity: 'not-yet-valid' }, [
    'zhujiang',
  ]),
  refused('untrusted', { refusal: 'ONECERT_CERTIFICATE_UNTRUSTED' }, ['wuming']),
  refused('encryption', { refusal: 'ONECERT_CERTIFICATE_ENCRYPTION_ONLY', usage: 'encryption' }, [
    'yuean',
    'zhujiang',
    'pengcheng',
  ]),
  refused('weak-key', { refusal: 'ONECERT_CERTIFICATE_WEAK', key: 'rsa-1024' }, ['yuean']),
  refused('sha1', { refusal: 'ONECERT_CERTIFICATE_WEAK', hash: 'sha1' }, ['yuean']),
  refused(
    'wrong-check-digit',
    { refusal: 'ONECERT_IDENTIFIER_INVALID' },
    ['zhujiang', 'pengcheng'],
    WRONG_CHECK_DIGIT,
  ),
  refused('no-identifier', { refusal: 'ONECERT_IDENTIFIER_MISSING' }, ['zhujiang'], null),
];

export const PEOPLE: readonly PersonPlan[] = [...ACCEPTED, ...REFUSED];
