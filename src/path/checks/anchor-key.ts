import { allowsKey } from '../algorithm-policy.ts';
import { keyText } from './algorithms.ts';
import type { PathCheck } from './check.ts';

/** Nobody relies on the anchor's own signature, but everything on its key. */
export const anchorKey: PathCheck = {
  name: 'anchor-key',
  clause: 'Algorithm policy of the authority',
  passed: { zh: '信任锚的密钥符合要求', en: "The anchor's key is strong enough" },
  run: ({ certificate: { publicKey }, anchor, at }) =>
    allowsKey(anchor.algorithmPolicy, publicKey, at)
      ? undefined
      : {
          code: 'ONECERT_CERTIFICATE_CHAIN',
          zh: `信任锚的密钥 ${keyText(publicKey)} 不符合该机构的算法要求`,
          en: `The anchor's key ${keyText(publicKey)} is not allowed by the algorithm policy`,
        },
};
