import { codeFor, type PathCheck } from './check.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY = '2.5.29.37.0';

/**
 * Chained: what an authority's certificate leaves out, none below may be used for. RFC 5280 leaves this open; all
 * large verifiers do it, since an authority limited to another purpose must not vouch for people.
 */
export const extendedKeyUsage: PathCheck = {
  name: 'extended-key-usage',
  clause: 'RFC 5280 4.2.1.12',
  passed: { zh: '扩展密钥用途允许客户端身份认证', en: 'The extended key usage allows client authentication' },
  run: (link) => {
    const { certificate, state, purpose } = link;
    const said = certificate.extendedKeyUsage;
    if (said !== undefined && !said.includes(ANY)) state.purposes = new Set(said);
    // CRLs have no purpose of their own: keyUsage alone says who may sign them.
    if (purpose !== 'client-auth' || state.purposes === undefined || state.purposes.has(CLIENT_AUTH))
      return undefined;
    return {
      code: codeFor(link, 'ONECERT_CERTIFICATE_USAGE'),
      zh: '扩展密钥用途不包括客户端身份认证',
      en: 'The extended key usage does not allow client authentication',
    };
  },
};
