import { z } from 'zod';
import type { RevocationNews } from '../revocation/revocation-news.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Broadcast } from '../storage/broadcast.ts';
import type { ReloadLog } from './reload.ts';

const TOPIC = 'revocation';

const fingerprint = z.string().regex(/^[0-9a-f]{64}$/);
const authority = z.string().max(200);
const newsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('crl'), authority, fingerprint }),
  z.object({ kind: z.literal('ocsp'), authority, certificate: fingerprint, issuer: fingerprint }),
]);

/** Gateways tell one another of new CRLs and of what responders say is revoked, so that all look at once. */
export interface RevocationTelling {
  /** Tells the others. Never rejects: those who are not told look by their own schedule. */
  tell(news: RevocationNews): void;
  /** Looks for what others tell from now on. Gives what ends it. */
  listen(revocation: Pick<RevocationService, 'hear' | 'refreshNow'>): Promise<() => void>;
}

export const tellRevocation = (
  broadcast: Broadcast,
  log: Pick<ReloadLog, 'warn' | 'error'>,
): RevocationTelling => {
  const looking = (look: Promise<void>): void => {
    look.catch((error: unknown) =>
      log.error({ error: String(error) }, 'a defect in looking for revocations'),
    );
  };
  return {
    tell: (news) => {
      broadcast.publish(TOPIC, JSON.stringify(news)).catch(() => {
        const { kind, authority: of } = news;
        log.warn({ authority: of, kind }, 'replicas were not told of a revocation; they look by themselves');
      });
    },
    listen: (revocation) =>
      broadcast.subscribe(TOPIC, {
        onMessage: (message) => {
          const news = readNews(message);
          if (news === undefined)
            log.warn({}, 'what a replica told of revocation cannot be read, and is passed over');
          else looking(revocation.hear(news));
        },
        onGap: () => looking(revocation.refreshNow()),
      }),
  };
};

/** Undefined: another release wrote it, or nobody of ours. */
const readNews = (message: string): RevocationNews | undefined => {
  try {
    return newsSchema.parse(JSON.parse(message));
  } catch {
    return undefined;
  }
};
