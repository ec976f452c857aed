import type { PublicKey } from '../../certificate/public-key.ts';
import { allowsKey, allowsSignature } from '../algorithm-policy.ts';
import { codeFor, type PathCheck } from './check.ts';

/** Before any signature is verified: an unfit algorithm proves nothing, and an oversized key costs time. */
export const algorithms: PathCheck = {
  name: 'algorithms',
  clause: 'Algorithm policy of the authority',
  passed: { zh: '密钥和签名算法符合要求', en: 'Key and signature algorithm are strong enough' },
  run: (link) => {
    const { certificate, anchor, at } = link;
    const { publicKey, signatureAlgorithm } = certificate;
    if (!allowsKey(anchor.algorithmPolicy, publicKey, at)) {
      const key = keyText(publicKey);
      return {
        code: codeFor(link, 'ONECERT_CERTIFICATE_WEAK'),
        zh: `密钥 ${key} 不符合该机构的算法要求`,
        en: `The key ${key} is not allowed by the algorithm policy`,
      };
    }
    if (!allowsSignature(anchor.algorithmPolicy, signatureAlgorithm, at)) {
      const { name, hash, oid } = signatureAlgorithm;
      const algorithm = name === 'unknown' ? oid : `${name} ${hash ?? ''}`.trim();
      return {
        code: codeFor(link, 'ONECERT_CERTIFICATE_WEAK'),
        zh: `签名算法 ${algorithm} 不符合该机构的算法要求`,
        en: `The signature algorithm ${algorithm} is not allowed by the algorithm policy`,
      };
    }
    return undefined;
  },
};

/** A key as a report names it. */
export const keyText = ({ type, bits, curve, sound }: PublicKey): string =>
  type === 'rsa' ? `RSA-${bits}${sound === false ? ' (unsound)' : ''}` : (curve ?? type);
