import { attribute, formatName } from '../../certificate/name.ts';
import type { Certificate } from '../../certificate/certificate.ts';
import { encodePem } from '../../certificate/pem.ts';
import type { Bilingual } from '../../configuration/units.ts';

/** An authority as an import found it, for an operator to read before it comes into force. */
export interface AuthorityDraft {
  /** Identifier, the name of the folder. */
  readonly authority: string;
  readonly name: Bilingual;
  /** "withdrawn" may hold at once: it only refuses. */
  readonly status: 'draft' | 'withdrawn';
  /** ISO 8601, UTC; when trust in it begins, where the source says so. */
  readonly validFrom?: string;
  readonly website?: string;
  readonly email?: string;
  /** Where it comes from and what to check, one line each. */
  readonly remarks: readonly string[];
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

const ORGANISATION = '2.5.4.10';
const COMMON_NAME = '2.5.4.3';

/** The files of a draft by their path below the trust list's folder: authority.yaml and one PEM a certificate. */
export const filesOf = (draft: AuthorityDraft): ReadonlyMap<string, string> => {
  const certificates = [...draft.anchors, ...draft.intermediates];
  return new Map([
    [`${draft.authority}/authority.yaml`, settingsOf(draft)],
    ...certificates.map((each) => [`${draft.authority}/${fileName(each)}`, pemOf(each)] as const),
  ]);
};

/** What a certificate's authority is called: its organisation, else its common name, else the whole subject. */
export const nameOf = ({ subject }: Certificate): string =>
  attribute(subject, ORGANISATION) ?? attribute(subject, COMMON_NAME) ?? formatName(subject);

/** An identifier made of a name; of the fingerprint where the name has too few Latin letters for one. */
export const identifierOf = (name: string, { fingerprint }: Certificate): string => {
  const letters = slugOf(name, 40);
  return /^[a-z][a-z0-9-]{2,}$/.test(letters) ? letters : `authority-${fingerprint.slice(0, 8)}`;
};

const slugOf = (text: string, length: number): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, length)
    .replace(/^[-0-9]+|-+$/g, '');

const fileName = (certificate: Certificate): string => {
  const common = slugOf(attribute(certificate.subject, COMMON_NAME) ?? '', 40);
  return `${common === '' ? 'certificate' : common}-${certificate.fingerprint.slice(0, 8)}.pem`;
};

const pemOf = (certificate: Certificate): string =>
  [
    `Subject: ${plain(formatName(certificate.subject))}`,
    `Issuer: ${plain(formatName(certificate.issuer))}`,
    `Valid: ${iso(certificate.notBefore)} to ${iso(certificate.notAfter)}`,
    `SHA-256: ${certificate.fingerprint}`,
    encodePem('CERTIFICATE', certificate.der),
  ].join('\n');

const settingsOf = (draft: AuthorityDraft): string => {
  const { authority, name, status, validFrom, website, email, remarks, anchors, intermediates } = draft;
  const list = (certificates: readonly Certificate[]): string[] =>
    certificates.flatMap((each) => [
      `  # ${plain(formatName(each.subject))}, until ${iso(each.notAfter)}`,
      `  # sha256 ${each.fingerprint}`,
      `  - ${quoted(fileName(each))}`,
    ]);
  return [
    ...remarks.map((remark) => `# ${plain(remark)}`),
    ...(status === 'draft'
      ? [
          '#',
          '# A draft is not in force. Before you set the status to active:',
          "#   1. compare every fingerprint below with what the authority publishes, by a way other than this file's;",
          '#   2. set the identity section by a real certificate of this authority;',
          '#   3. look over revocation (which hosts may be asked) and algorithms;',
          '#   4. fill in the contacts, then run: onecert trust check',
        ]
      : []),
    `authority: ${authority}`,
    'name:',
    `  zh: ${quoted(name.zh)}`,
    `  en: ${quoted(name.en)}`,
    `status: ${status}`,
    ...(validFrom === undefined ? [] : ['validity:', `  from: ${quoted(validFrom)}`]),
    ...(website === undefined && email === undefined ? [] : ['contact:']),
    ...(website === undefined ? [] : [`  website: ${quoted(website)}`]),
    ...(email === undefined ? [] : [`  email: ${quoted(email)}`]),
    'anchors:',
    ...list(anchors),
    ...(intermediates.length === 0 ? [] : ['intermediates:', ...list(intermediates)]),
    ...IDENTITY,
    '',
  ].join('\n');
};

/** GB/T 20518: where a certificate made to the national standard carries them. A guess, for the operator to check. */
const IDENTITY = [
  'identity:',
  '  # Where certificates of this authority carry identifiers. These are the places of GB/T 20518: check them.',
  '  sources:',
  '    - from: { extension: 1.2.156.10260.4.1.1 }',
  '      types: [citizen-id-number]',
  '    - from: { extension: 1.2.156.10260.4.1.4 }',
  '      types: [unified-social-credit-code, organisation-code]',
];

/** A YAML string. "${" would be read as an environment variable: what is imported must not name ours. */
const quoted = (text: string): string => JSON.stringify(plain(text).replaceAll('${', '$ {'));

/** One line: nothing imported may end a comment or reach a terminal as a control character. */
const plain = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]+/gu, ' ')
    .trim()
    .slice(0, 500);

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000', '');
