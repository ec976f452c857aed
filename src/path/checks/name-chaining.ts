import { codeFor, type PathCheck } from './check.ts';

export const nameChaining: PathCheck = {
  name: 'name-chaining',
  clause: 'RFC 5280 6.1.3 (a)(4)',
  passed: { zh: '颁发者名称与上级证书一致', en: 'The issuer is the subject of the certificate above' },
  run: (link) =>
    link.certificate.issuer.key === link.issuer.subject.key
      ? undefined
      : {
          code: codeFor(link, 'ONECERT_CERTIFICATE_UNTRUSTED'),
          zh: '颁发者名称与上级证书不一致',
          en: 'The issuer is not the subject of the certificate above',
        },
};
