import type { Certificate } from '../../certificate/certificate.ts';
import { EXTENSION } from '../../certificate/extensions/oids.ts';
import { codeFor, type PathCheck } from './check.ts';

/**
 * What RFC 5280 section 4 says an authority MUST write, as far as a certificate that breaks it contradicts itself or
 * may be read differently by others. Not held against anybody: constraints (basic, name, policy, anyPolicy) that are
 * not marked critical, since they are processed all the same and PKITS asks for it (4.6.4, 4.8.6); key identifiers
 * left out, which are hints; GeneralizedTime before 2050 (PKITS 4.2.4).
 */
export const certificateProfile: PathCheck = {
  name: 'certificate-profile',
  clause: 'RFC 5280 4.1.2, 4.2',
  passed: { zh: '证书内容与标准的要求一致', en: 'The certificate is written as the standard demands' },
  run: (link) => {
    const broken = RULES.find(({ isBroken }) => isBroken(link.certificate));
    if (broken === undefined) return undefined;
    return {
      code: codeFor(link, 'ONECERT_CERTIFICATE_MALFORMED'),
      zh: `证书内容违反标准：${broken.zh}（RFC 5280 ${broken.section}）`,
      en: `The certificate breaks RFC 5280 section ${broken.section}: ${broken.en}`,
    };
  },
};

interface Rule {
  readonly section: string;
  readonly zh: string;
  readonly en: string;
  readonly isBroken: (certificate: Certificate) => boolean;
}

/** An extension that must not be critical. */
const neverCritical = (section: string, name: keyof typeof EXTENSION): Rule => ({
  section,
  zh: `${name} 不得标为关键扩展`,
  en: `${name} must not be critical`,
  isBroken: ({ extensions }) => extensions.get(EXTENSION[name])?.critical === true,
});

const isAuthority = ({ basicConstraints }: Certificate): boolean => basicConstraints?.ca === true;

const RULES: readonly Rule[] = [
  {
    section: '4.1.2.2',
    zh: '序列号为零',
    en: 'the serial number is zero',
    isBroken: ({ serialNumber }) => serialNumber.length === 1 && serialNumber[0] === 0,
  },
  {
    section: '4.1.2.6',
    zh: '认证机构证书的主体名称为空',
    en: 'the subject of an authority is empty',
    isBroken: (certificate) => certificate.subject.rdns.length === 0 && isAuthority(certificate),
  },
  {
    section: '4.1.2.6',
    zh: '主体名称为空，且没有关键的 subjectAltName',
    en: 'the subject is empty and there is no critical subjectAltName',
    isBroken: ({ subject, extensions }) =>
      subject.rdns.length === 0 && extensions.get(EXTENSION.subjectAltName)?.critical !== true,
  },
  neverCritical('4.2.1.1', 'authorityKeyIdentifier'),
  neverCritical('4.2.1.2', 'subjectKeyIdentifier'),
  {
    section: '4.2.1.3',
    zh: '非认证机构证书却允许签发证书（keyCertSign）',
    en: 'keyCertSign is set in a certificate that is not of an authority',
    isBroken: (certificate) => certificate.keyUsage?.has('keyCertSign') === true && !isAuthority(certificate),
  },
  neverCritical('4.2.1.8', 'subjectDirectoryAttributes'),
  {
    section: '4.2.1.9',
    zh: '非认证机构证书却含有路径长度限制',
    en: 'pathLenConstraint is set in a certificate that is not of an authority',
    isBroken: ({ basicConstraints }) =>
      basicConstraints !== undefined && !basicConstraints.ca && basicConstraints.pathLength !== undefined,
  },
  {
    section: '4.2.1.10',
    zh: '非认证机构证书却含有名称限制',
    en: 'nameConstraints stand in a certificate that is not of an authority',
    isBroken: (certificate) => certificate.nameConstraints !== undefined && !isAuthority(certificate),
  },
  neverCritical('4.2.1.15', 'freshestCrl'),
  neverCritical('4.2.2.1', 'authorityInfoAccess'),
  neverCritical('4.2.2.2', 'subjectInfoAccess'),
];
