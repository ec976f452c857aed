import { hash } from 'node:crypto';
import type { EndedSessions, Session } from '../../signin/session.ts';
import type { FederationParts } from '../federation-parts.ts';

/** That a service was told of a sign-in, and wants to be told when it ends. */
export interface Login {
  /** Identifier of the service. */
  readonly client: string;
  /** As its ID token has them. */
  readonly sub: string;
  readonly sid: string;
}

/** Who has been told of which session, for as long as that can last. */
export interface Logins {
  keep(session: Session, login: Login): Promise<void>;
  /** Those that belong to what ended; of all callers, in all processes, each is given to one. */
  take(ended: EndedSessions): AsyncGenerator<Login>;
}

const PAGE = 200;

export const createLogins = ({
  records,
  cipher,
  sessionMs,
}: Pick<FederationParts, 'records' | 'cipher' | 'sessionMs'>): Logins => ({
  keep: async ({ key, unifiedId, thumbprint, authority }, login) => {
    const recordKey = `Login:${groupOf('key', key)}:${login.client}`;
    const sealed = Buffer.from(cipher.encrypt(JSON.stringify(login), recordKey)).toString('base64');
    const groups = Object.entries({ key, unifiedId, thumbprint, authority }).map(([name, value]) =>
      groupOf(name, value),
    );
    await records.put(recordKey, sealed, groups, sessionMs);
  },
  take: async function* (ended) {
    // Something was missed, nobody knows what: then nobody can be told.
    if ('any' in ended) return;
    const [[name, value] = ['', '']] = Object.entries<string>(ended);
    for (;;) {
      const found = await records.list(groupOf(name, value), PAGE);
      if (found.length === 0) return;
      for (const { key } of found) {
        const sealed = await records.delete(key);
        if (sealed === undefined) continue;
        yield JSON.parse(cipher.decrypt(Buffer.from(sealed, 'base64'), key)) as Login;
      }
      if (found.length < PAGE) return;
    }
  },
});

/** A copy of the store does not tell who is signed in where. */
const groupOf = (name: string, value: string): string =>
  hash('sha256', `onecert login v1\0${name}\0${value}`, 'base64url');
