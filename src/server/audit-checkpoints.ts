import { parseVerifierKey } from '../audit/checkpoint/note.ts';
import { ALONE, replicaName } from '../audit/replica-name.ts';
import type { CheckpointSettings } from '../audit/writer.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** What one gateway process is called among its replicas. @throws StorageError */
export const replicaOf = ({
  audit,
  data,
  stores,
}: Pick<GatewaySettings, 'audit' | 'data' | 'stores'>): string =>
  audit.replica ?? (stores.postgres === undefined ? ALONE : replicaName(data));

/** Each gateway process has a log of its own: the origin is the issuer's host and the replica's name. */
export const auditCheckpoints = (
  settings: Pick<GatewaySettings, 'issuer' | 'audit' | 'data' | 'stores'>,
  keys: Pick<KeyRing, 'versions'>,
): CheckpointSettings => ({
  origin: `${new URL(settings.issuer).host}/audit/${replicaOf(settings)}`,
  keys: keys.versions('audit.key'),
  everyMs: settings.audit.checkpointEvery,
  witnesses: settings.audit.witnesses.flatMap(({ url, key }) => {
    const parsed = parseVerifierKey(key);
    return parsed === undefined ? [] : [{ url, key: parsed }];
  }),
});
