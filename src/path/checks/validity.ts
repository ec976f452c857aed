import { codeFor, type PathCheck } from './check.ts';

export const validity: PathCheck = {
  name: 'validity',
  clause: 'RFC 5280 6.1.3 (a)(2)',
  passed: { zh: '在有效期内', en: 'Within its validity period' },
  run: (link) => {
    const { notBefore, notAfter } = link.certificate;
    if (link.at < notBefore) {
      const from = new Date(notBefore).toISOString();
      return {
        code: codeFor(link, 'ONECERT_CERTIFICATE_NOT_YET_VALID'),
        zh: `${from} 起才生效`,
        en: `Not valid before ${from}`,
      };
    }
    // A certificate is valid through the second that notAfter names (RFC 5280 section 4.1.2.5).
    if (link.at >= notAfter + 1000) {
      const until = new Date(notAfter).toISOString();
      return {
        code: codeFor(link, 'ONECERT_CERTIFICATE_EXPIRED'),
        zh: `已于 ${until} 过期`,
        en: `Expired at ${until}`,
      };
    }
    return undefined;
  },
};
