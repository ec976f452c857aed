import type { AuthorityChange, CutOff, TrustListComparison } from './compare-trust-lists.ts';

/** The comparison for people: one line a matter. */
export const describeComparison = ({ changes, cutOff }: TrustListComparison): readonly string[] => {
  if (changes.length === 0) return ['Nothing changes.'];
  const gone = changes.filter(({ reach }) => reach === 'all').map(({ authority }) => authority);
  return [
    ...changes.flatMap(describeChange),
    ...(gone.length === 0
      ? ['No authority is cut off as a whole.']
      : [`Cut off as a whole: ${gone.join(', ')}`]),
    ...(cutOff === undefined
      ? []
      : [
          `  ${cutOff.identities.only} identities have no certificate of another authority; ${cutOff.sessions} live sessions end`,
        ]),
  ];
};

const describeChange = (change: AuthorityChange): string[] => {
  const { authority, name, kind, anchors, intermediates, settings, reach } = change;
  const certificates = (sign: '+' | '-', what: string, list: typeof anchors.added): string[] =>
    list.map(({ subject, sha256 }) => `  ${sign} ${what} ${subject} sha256:${sha256}`);
  return [
    `${{ added: '+', removed: '-', changed: '~' }[kind]} ${authority}  ${name.zh} / ${name.en}  (${kind})`,
    ...certificates('-', 'anchor', anchors.removed),
    ...certificates('+', 'anchor', anchors.added),
    ...certificates('-', 'intermediate', intermediates.removed),
    ...certificates('+', 'intermediate', intermediates.added),
    ...settings.map(({ path, from, to }) => `  ${path}: ${valueOf(from)} -> ${valueOf(to)}`),
    ...(reach === 'none' ? [] : [`  ! ${REACH[reach]}${countsOf(change.cutOff, reach)}`]),
  ];
};

const REACH = {
  all: 'all certificates of this authority are refused from then on',
  some: 'some certificates of this authority may be refused from then on',
} as const;

const countsOf = (cutOff: CutOff | undefined, reach: 'all' | 'some'): string => {
  if (cutOff === undefined) return '';
  const { identities, sessions } = cutOff;
  const most = reach === 'some' ? 'at most ' : '';
  return `: ${most}${identities.any} identities (${identities.only} have no certificate of another authority), ${most}${sessions} live sessions`;
};

const valueOf = (value: unknown): string => (value === undefined ? '(not set)' : JSON.stringify(value));
