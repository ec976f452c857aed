import type { PathCheck } from './check.ts';

/** For every certificate above the leaf. One of version 1 has no basicConstraints and is no authority's. */
export const basicConstraints: PathCheck = {
  name: 'basic-constraints',
  clause: 'RFC 5280 6.1.4 (k)',
  passed: { zh: '上级证书是认证机构证书', en: 'Certificates above the leaf are of authorities' },
  run: ({ isLeaf, certificate }) =>
    isLeaf || certificate.basicConstraints?.ca === true
      ? undefined
      : {
          code: 'ONECERT_CERTIFICATE_CHAIN',
          zh: '签发者的证书不是认证机构证书',
          en: "The issuer's certificate is not one of an authority (cA is not set)",
        },
};
