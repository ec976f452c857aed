import type { PathCheck } from './check.ts';

export const pathLength: PathCheck = {
  name: 'path-length',
  clause: 'RFC 5280 6.1.4 (l), (m)',
  passed: { zh: '证书链长度在允许范围内', en: 'The path is no longer than allowed' },
  run: ({ isLeaf, isSelfIssued, certificate, state }) => {
    if (isLeaf) return undefined;
    if (!isSelfIssued && state.maxPathLength-- <= 0) {
      return {
        code: 'ONECERT_CERTIFICATE_CHAIN',
        zh: '证书链长度超过上级机构的限制',
        en: 'The path is longer than an authority above allows',
      };
    }
    state.maxPathLength = Math.min(
      state.maxPathLength,
      certificate.basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY,
    );
    return undefined;
  },
};
