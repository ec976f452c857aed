import type { PathCheck } from './check.ts';

/** A certificate's own constraints hold for those below it. */
export const inheritedNameConstraints: PathCheck = {
  name: 'inherited-name-constraints',
  clause: 'RFC 5280 6.1.4 (g)',
  passed: undefined,
  run: ({ isLeaf, certificate, state }) => {
    if (!isLeaf && certificate.nameConstraints !== undefined) {
      state.nameConstraints.push(certificate.nameConstraints);
    }
    return undefined;
  },
};
