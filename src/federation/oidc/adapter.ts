import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { FederationParts } from '../federation-parts.ts';
import { clientMetadata, serviceNamed } from './client.ts';

type AdapterOf = (model: string) => Adapter;

/** What is kept where nobody says for how long. */
const DEFAULT_MS = 8 * 3_600_000;

/**
 * The provider's records in the gateway's own stores, sealed, with an end to each. Clients are not kept: they are the
 * enrolments of services, as of now.
 */
export const storageAdapter =
  ({ issuer, records, marks, cipher, directory, clock }: FederationParts): AdapterOf =>
  (model) => {
    const keyOf = (id: string): string => `${model}:${id}`;
    const seal = (key: string, payload: AdapterPayload): string =>
      Buffer.from(cipher.encrypt(JSON.stringify(payload), key)).toString('base64');
    const open = (key: string, value: string | undefined): AdapterPayload | undefined => {
      if (value === undefined) return undefined;
      try {
        return JSON.parse(cipher.decrypt(Buffer.from(value, 'base64'), key)) as AdapterPayload;
      } catch {
        return undefined;
      }
    };
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      // Ids come from outside; what is too long for a key is none of ours.
      if (id === '' || id.length > 256) return undefined;
      if (model === 'Client') {
        const service = serviceNamed(directory(), id);
        return service && clientMetadata(issuer, service);
      }
      const key = keyOf(id);
      return open(key, await records.get(key));
    };
    const timeLeft = ({ exp }: AdapterPayload): number =>
      exp === undefined ? DEFAULT_MS : Math.max(1, exp * 1000 - clock());
    return {
      find,
      upsert: async (id, payload, expiresIn) => {
        const key = keyOf(id);
        const groups = [
          ...(payload.grantId === undefined ? [] : [`grant:${payload.grantId}`]),
          ...(model === 'Session' && payload.uid !== undefined ? [`uid:${payload.uid}`] : []),
        ];
        const ttl = expiresIn === undefined ? DEFAULT_MS : Math.max(1, Math.ceil(expiresIn * 1000));
        await records.put(key, seal(key, payload), groups, ttl);
      },
      findByUid: async (uid) => {
        const [found] = await records.list(`uid:${uid}`, 1);
        return found && open(found.key, found.value);
      },
      // The device flow, which there is not.
      findByUserCode: async () => undefined,
      consume: async (id) => {
        const key = keyOf(id);
        const payload = await find(id);
        if (payload === undefined) throw new errors.InvalidGrant('used up or gone');
        const left = timeLeft(payload);
        // In one step: of two that use it at the same time, one does.
        if (!(await marks.put(`consumed:${key}`, '1', left, { ifAbsent: true })))
          throw new errors.InvalidGrant('already consumed');
        await records.renew(key, seal(key, { ...payload, consumed: Math.floor(clock() / 1000) }), left);
      },
      destroy: async (id) => {
        await records.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        await records.deleteGroup(`grant:${grantId}`);
      },
    };
  };
