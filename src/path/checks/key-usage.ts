import type { Certificate, KeyUsage } from '../../certificate/certificate.ts';
import type { Objection, PathCheck } from './check.ts';

const ENCIPHERING: readonly KeyUsage[] = ['keyEncipherment', 'dataEncipherment', 'keyAgreement'];

export const keyUsage: PathCheck = {
  name: 'key-usage',
  clause: 'RFC 5280 6.1.4 (n), 6.3.3 (f), 4.2.1.3',
  passed: { zh: '密钥用途符合要求', en: 'The key usage is right' },
  run: ({ isLeaf, certificate, purpose }) => {
    const usage = certificate.keyUsage;
    if (!isLeaf) {
      return usage === undefined || usage.has('keyCertSign')
        ? undefined
        : {
            code: 'ONECERT_CERTIFICATE_CHAIN',
            zh: '签发者的证书不允许签发证书',
            en: "The issuer's certificate may not sign certificates (keyCertSign is not set)",
          };
    }
    if (purpose === 'crl-issuer') return crlIssuerUsage(certificate);
    return purpose === 'any' ? undefined : leafUsage(certificate);
  },
};

const crlIssuerUsage = ({ keyUsage: usage }: Certificate): Objection | undefined =>
  usage === undefined || usage.has('cRLSign')
    ? undefined
    : {
        code: 'ONECERT_CERTIFICATE_CHAIN',
        zh: '签发吊销列表的证书不允许签发吊销列表',
        en: 'The certificate may not sign CRLs (cRLSign is not set)',
      };

/**
 * Only a signature proves a person. Chinese authorities issue a second, encryption certificate whose key they
 * escrow (GB/T 20518): it is refused with its own words, since people choose it by mistake.
 */
const leafUsage = ({ keyUsage: usage }: Certificate): Objection | undefined => {
  if (usage === undefined || usage.has('digitalSignature')) return undefined;
  if (ENCIPHERING.some((each) => usage.has(each)) && !usage.has('nonRepudiation')) {
    return {
      code: 'ONECERT_CERTIFICATE_ENCRYPTION_ONLY',
      zh: '这是加密证书，密钥用途中没有数字签名',
      en: 'This is an encryption certificate: digitalSignature is not set',
    };
  }
  return {
    code: 'ONECERT_CERTIFICATE_USAGE',
    zh: '密钥用途中没有数字签名',
    en: 'digitalSignature is not set in keyUsage',
  };
};
