import { isSignedBy, knownSignature } from '../known-signatures.ts';
import { codeFor, type PathCheck } from './check.ts';

export const signature: PathCheck = {
  name: 'signature',
  clause: 'RFC 5280 6.1.3 (a)(1)',
  passed: { zh: '签名由上级证书的密钥验证通过', en: "The signature verifies under the issuer's key" },
  run: (link) => {
    const { certificate, issuer, budget } = link;
    const known = knownSignature(certificate, issuer.publicKey);
    if (known === undefined && !budget.takeSignature(certificate.signatureAlgorithm, issuer.publicKey)) {
      return {
        code: 'ONECERT_CERTIFICATE_UNTRUSTED',
        zh: '可能的证书路径过多，已停止查找',
        en: 'Too many possible paths: the search was ended',
      };
    }
    if (known ?? isSignedBy(certificate, issuer.publicKey)) return undefined;
    return {
      code: codeFor(link, 'ONECERT_CERTIFICATE_SIGNATURE_INVALID'),
      zh: '签名不能由上级证书的密钥验证',
      en: "The signature does not verify under the issuer's key",
    };
  },
};
