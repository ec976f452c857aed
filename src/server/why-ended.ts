import type { ChangeStore } from '../changes/change-store.ts';
import type { DocumentVersion } from '../changes/document.ts';
import { ONLY_DOCUMENT } from '../changes/document.ts';
import { CHANGE_SCHEMAS } from '../changes/schemas.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import type { EndCause } from '../decision/judge-session.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Session } from '../signin/session.ts';
import type { WhyEnded } from './session-ends.ts';

type Documents = Pick<ChangeStore, 'current'>;

/** What the trust list decides; anything else of a certificate is its authority's doing, or time's. */
const BY_TRUST_LIST: ReadonlySet<RefusalCode> = new Set([
  'ONECERT_CERTIFICATE_UNTRUSTED',
  'ONECERT_AUTHORITY_WITHDRAWN',
  'ONECERT_AUTHORITY_WINDING_DOWN',
]);

/** Why a session ends that was found to be over, with the version of the document that says so, where one does. */
export const whyEnded = async (
  documents: Documents,
  { unifiedId }: Pick<Session, 'unifiedId'>,
  why: EndCause,
): Promise<WhyEnded> => {
  if (why.cause === 'identity-locked') return whyLocked(documents, unifiedId);
  if (why.code === undefined || !BY_TRUST_LIST.has(why.code)) return why;
  return { ...why, ...deciderOf(await documents.current({ kind: 'trust-list', name: ONLY_DOCUMENT })) };
};

/** Why the sessions of a locked identity end; of one that was merged with it, who locked it is not known here. */
export const whyLocked = async (documents: Documents, unifiedId: string): Promise<WhyEnded> => {
  const why = { cause: 'identity-locked', code: 'ONECERT_IDENTITY_LOCKED' } as const;
  const version = await documents.current({ kind: 'identity', name: unifiedId });
  const [file] = version?.files ?? [];
  if (file === undefined) return why;
  const { schema } = CHANGE_SCHEMAS.identity;
  const { reason } = parseYaml('identity', file.content.toString('utf8'), schema).value;
  return { ...why, ...deciderOf(version), reason };
};

/** Why the sessions of an identity end that became part of another. */
export const whyMerged = (version: DocumentVersion): WhyEnded => ({
  cause: 'identity-merged',
  ...deciderOf(version),
});

const deciderOf = (
  version: DocumentVersion | undefined,
): Pick<WhyEnded, 'actor' | 'kind' | 'version' | 'document'> =>
  version === undefined
    ? {}
    : {
        actor: version.approvedBy ?? version.proposedBy,
        kind: version.kind,
        version: version.version,
        // The name of an identity's document is the person.
        ...(version.kind === 'identity' ? {} : { document: version.name }),
      };
