import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { authorityKey, type AuthorityStanding, type AuthorityStandings } from '../path/authority-standing.ts';
import type { TrustAnchor } from '../path/types.ts';
import type { AuthoritySettings } from './authority-settings.ts';
import type { SignedList } from './check-signature.ts';
import { momentOf } from '../configuration/moment.ts';

/** One authority as the operators set it down, with its certificates read. */
export interface Authority {
  readonly settings: AuthoritySettings;
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
}

/** Whom the operators trust. Immutable: a change makes a new list with a higher epoch. */
export interface TrustList {
  readonly epoch: number;
  readonly authorities: ReadonlyMap<string, Authority>;
  /**
   * Anchors of every authority but drafts. Withdrawn ones are among them, so that path validation, which looks at their
   * `standings`, can say why it refuses; never take an anchor here for accepted without it.
   */
  readonly anchors: readonly TrustAnchor[];
  /** Intermediates of every authority but drafts. */
  readonly intermediates: readonly Certificate[];
  /** Of a list whose signature was checked. */
  readonly signed: SignedList | undefined;
}

export const createTrustList = (
  epoch: number,
  authorities: readonly Authority[],
  signed?: SignedList,
): TrustList => {
  const known = authorities.filter(({ settings }) => settings.status !== 'draft');
  const standings = standingsOf(known);
  return {
    epoch,
    authorities: new Map(authorities.map((authority) => [authority.settings.authority, authority])),
    anchors: known.flatMap(({ settings, anchors }) =>
      anchors.map((certificate) => ({
        authority: settings.authority,
        certificate,
        algorithmPolicy: settings.algorithms,
        policySettings: settings.policies,
        standings,
        ...(signed === undefined ? {} : { listExpires: signed.expires }),
      })),
    ),
    intermediates: known.flatMap(({ intermediates }) => intermediates),
    signed,
  };
};

/** Whether certificates of the authority are accepted at that moment (ms since the epoch), all or the older ones. */
export const isInForce = (settings: AuthoritySettings, at: number): boolean => {
  const { withdrawn, trustedFrom, trustedUntil } = standingOf(settings);
  return (
    settings.status !== 'draft' &&
    !withdrawn &&
    at >= (trustedFrom ?? -Infinity) &&
    at < (trustedUntil ?? Infinity)
  );
};

const standingsOf = (authorities: readonly Authority[]): AuthorityStandings =>
  new Map(
    authorities.flatMap(({ settings, anchors, intermediates }) => {
      const standing = standingOf(settings);
      return [...anchors, ...intermediates].map((each) => [authorityKey(each), standing] as const);
    }),
  );

const standingOf = ({
  authority,
  status,
  validity,
  acceptIssuedBefore,
}: AuthoritySettings): AuthorityStanding => {
  const limit = (text: string | undefined, of: 'beginning' | 'end') =>
    text === undefined ? undefined : momentOf(text, of);
  return {
    authority,
    withdrawn: status === 'withdrawn',
    trustedFrom: limit(validity.from, 'beginning'),
    trustedUntil: limit(validity.until, 'end'),
    acceptIssuedBefore: limit(acceptIssuedBefore, 'beginning'),
  };
};

/** A trust list in a form that structured clone carries to another thread. */
export interface PackedTrustList {
  readonly epoch: number;
  readonly authorities: readonly {
    readonly settings: AuthoritySettings;
    readonly anchors: readonly Uint8Array[];
    readonly intermediates: readonly Uint8Array[];
  }[];
  readonly signed: SignedList | undefined;
}

export const packTrustList = (list: TrustList): PackedTrustList => ({
  epoch: list.epoch,
  authorities: [...list.authorities.values()].map(({ settings, anchors, intermediates }) => ({
    settings,
    anchors: anchors.map(({ der }) => der),
    intermediates: intermediates.map(({ der }) => der),
  })),
  signed: list.signed,
});

export const unpackTrustList = (packed: PackedTrustList): TrustList =>
  createTrustList(
    packed.epoch,
    packed.authorities.map(({ settings, anchors, intermediates }) => ({
      settings,
      anchors: anchors.map(parseCertificate),
      intermediates: intermediates.map(parseCertificate),
    })),
    packed.signed,
  );
