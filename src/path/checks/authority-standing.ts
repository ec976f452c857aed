import { authorityKey } from '../authority-standing.ts';
import type { Objection, PathCheck } from './check.ts';

/**
 * What the operators wrote down about the authority above. After the signature: only what an authority has truly
 * issued is told that its authority has been withdrawn. Before the dates: a withdrawn authority renews nothing.
 */
export const authorityStanding: PathCheck = {
  name: 'authority-standing',
  clause: 'The trust list (status, validity)',
  passed: { zh: '签发机构在信任列表中有效', en: 'The trust list holds the issuing authority to be in force' },
  run: ({ certificate, issuer, isLeaf, anchor, at, state, purpose }) => {
    const standing = anchor.standings?.get(authorityKey(issuer));
    if (standing !== undefined) {
      const { authority, withdrawn, trustedFrom, trustedUntil, acceptIssuedBefore } = standing;
      if (withdrawn) {
        return {
          code: 'ONECERT_AUTHORITY_WITHDRAWN',
          zh: `机构 ${authority} 已从信任列表撤出`,
          en: `The authority ${authority} has been withdrawn from the trust list`,
        };
      }
      if (trustedUntil !== undefined && at >= trustedUntil) {
        const since = new Date(trustedUntil).toISOString();
        return {
          code: 'ONECERT_AUTHORITY_WITHDRAWN',
          zh: `对机构 ${authority} 的认可已于 ${since} 到期`,
          en: `The trust in the authority ${authority} ended at ${since}`,
        };
      }
      if (trustedFrom !== undefined && at < trustedFrom) {
        const from = new Date(trustedFrom).toISOString();
        return {
          code: 'ONECERT_CERTIFICATE_UNTRUSTED',
          zh: `对机构 ${authority} 的认可自 ${from} 开始`,
          en: `The trust in the authority ${authority} begins at ${from}`,
        };
      }
      if (acceptIssuedBefore !== undefined) {
        state.acceptIssuedBefore = Math.min(acceptIssuedBefore, state.acceptIssuedBefore ?? Infinity);
      }
    }
    // Who signs the CRLs of an authority that is winding down may be certified anew: it has to, until the end.
    if (purpose === 'crl-issuer') return undefined;
    return isLeaf && certificate.notBefore >= (state.acceptIssuedBefore ?? Infinity)
      ? issuedTooLate(certificate.notBefore, state.acceptIssuedBefore as number)
      : undefined;
  },
};

const issuedTooLate = (issued: number, before: number): Objection => {
  const [date, limit] = [new Date(issued).toISOString(), new Date(before).toISOString()];
  return {
    code: 'ONECERT_AUTHORITY_WINDING_DOWN',
    zh: `签发机构正在退出：证书签发于 ${date}，只认可 ${limit} 之前签发的`,
    en: `The issuing authority is winding down: issued at ${date}, accepted only before ${limit}`,
  };
};
