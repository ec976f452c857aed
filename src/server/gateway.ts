import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { createAssertionIssuer } from '../assertion/issue.ts';
import { startAuditWriter } from '../audit/writer.ts';
import { watchFiles } from '../configuration/watch-files.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { readSubject } from '../identity/read-subject.ts';
import { openEmbeddedRegister } from '../identity/register.ts';
import { createLogger, type Logger } from '../observability/logging.ts';
import { mergeMetrics } from '../observability/metrics.ts';
import { startRevocationService } from '../revocation/revocation-service.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { packTrustList } from '../trust/trust-list.ts';
import { startAdminListener } from './admin-listener.ts';
import { assertionKeyId, makeAssertionKey } from './assertion-key.ts';
import { openDataFolder } from './data-folder.ts';
import { loadConfiguration } from './load-configuration.ts';
import { probePort } from './probe-port.ts';
import { startThreadPool } from './thread-pool.ts';

export interface GatewayOptions {
  /** Folder of gateway.yaml. */
  readonly configuration: string;
  readonly logger?: Logger;
}

export interface Gateway {
  readonly issuer: string;
  readonly port: number;
  readonly adminPort: number;
  /** Reads the configuration again; when it is wrong the old one stays in force. Whether it was taken. */
  reload(): Promise<boolean>;
  /** Looks for new CRLs now. */
  refreshRevocation(): Promise<void>;
  /** Lets calls in flight end, then closes everything. */
  close(): Promise<void>;
}
