import { formatName } from '../certificate/name.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Sentence } from './checks/check.ts';
import type { Step } from '../refusal/step.ts';
import type { PathInput } from './types.ts';

/** What is reported when the names lead from the leaf to no anchor at all. */
export const noPath = (input: PathInput): { code: RefusalCode; steps: readonly Step[] } => {
  const code = 'ONECERT_CERTIFICATE_UNTRUSTED';
  const on = formatName(input.leaf.subject);
  const step = {
    check: 'path',
    clause: 'RFC 5280 6.1',
    on,
    outcome: 'failed',
    code,
    ...sentence(input),
  } as const;
  return { code, steps: [step] };
};

const sentence = ({ leaf, anchors }: PathInput): Sentence => {
  const { spki } = leaf.publicKey;
  if (anchors.some(({ certificate }) => Buffer.compare(certificate.publicKey.spki, spki) === 0)) {
    return {
      zh: '这是信任列表中机构自己的证书，不能用来登录',
      en: 'This is the certificate of an authority in the trust list: it vouches for others and signs nobody in',
    };
  }
  if (leaf.issuer.key === leaf.subject.key) {
    return {
      zh: '证书是自己签发的，没有经过信任列表中的任何机构',
      en: 'The certificate is issued by itself, not by an authority in the trust list',
    };
  }
  const issuer = formatName(leaf.issuer);
  return {
    zh: `颁发者 ${issuer} 不能连到信任列表中的任何机构`,
    en: `No path from the issuer ${issuer} to any authority in the trust list`,
  };
};
