import type { Certificate } from '../certificate/certificate.ts';
import { parseCertificate } from '../certificate/parse.ts';
import type { TrustAnchor } from '../path/types.ts';
import type { AuthoritySettings } from './authority-settings.ts';

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
  /** Anchors of the authorities in force. */
  readonly anchors: readonly TrustAnchor[];
  /** Intermediates of the authorities in force. */
  readonly intermediates: readonly Certificate[];
}

export const createTrustList = (epoch: number, authorities: readonly Authority[]): TrustList => {
  const inForce = authorities.filter(({ settings }) => settings.status === 'active');
  return {
    epoch,
    authorities: new Map(authorities.map((authority) => [authority.settings.authority, authority])),
    anchors: inForce.flatMap(({ settings, anchors }) =>
      anchors.map((certificate) => ({
        authority: settings.authority,
        certificate,
        algorithmPolicy: settings.algorithms,
        policySettings: settings.policies,
      })),
    ),
    intermediates: inForce.flatMap(({ intermediates }) => intermediates),
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
}

export const packTrustList = (list: TrustList): PackedTrustList => ({
  epoch: list.epoch,
  authorities: [...list.authorities.values()].map(({ settings, anchors, intermediates }) => ({
    settings,
    anchors: anchors.map(({ der }) => der),
    intermediates: intermediates.map(({ der }) => der),
  })),
});

export const unpackTrustList = (packed: PackedTrustList): TrustList =>
  createTrustList(
    packed.epoch,
    packed.authorities.map(({ settings, anchors, intermediates }) => ({
      settings,
      anchors: anchors.map(parseCertificate),
      intermediates: intermediates.map(parseCertificate),
    })),
  );
