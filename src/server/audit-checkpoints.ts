import { generateKeyPairSync } from 'node:crypto';
import { parseVerifierKey } from '../audit/checkpoint/note.ts';
import { replicaName } from '../audit/replica-name.ts';
import type { CheckpointSettings } from '../audit/writer.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** Each gateway process has a log of its own: the origin is the issuer's host and the replica's name. */
export const auditCheckpoints = (
  { issuer, audit, data, stores }: Pick<GatewaySettings, 'issuer' | 'audit' | 'data' | 'stores'>,
  keys: Pick<KeyRing, 'text'>,
): CheckpointSettings => ({
  origin: `${new URL(issuer).host}/audit/${audit.replica ?? (stores.postgres === undefined ? 'main' : replicaName(data))}`,
  key: keys.text('audit.key', makeAuditKey),
  everyMs: audit.checkpointEvery,
  witnesses: audit.witnesses.flatMap(({ url, key }) => {
    const parsed = parseVerifierKey(key);
    return parsed === undefined ? [] : [{ url, key: parsed }];
  }),
});

const makeAuditKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
