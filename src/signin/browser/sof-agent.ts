import type { KeyMiddleware } from '../key-middleware.ts';
import { KeyAgentFailure } from './key-agent.ts';

/** How one vendor's agent is called: a SOF function (GM/T 0020) by name; what comes back, as text. */
export type SofCall = (name: string, ...args: readonly (string | number)[]) => Promise<string>;

export interface SofOptions {
  readonly call: SofCall;
  readonly agent: string;
  readonly version: string;
  /**
   * What SOF_SignMessage takes for "without the content". Vendors differ; OneCert accepts the content attached too.
   * Default 1.
   */
  readonly detachedFlag?: number;
}

/**
 * An adapter for agents that have the SOF functions over some transport of their own. The PIN is the agent's business:
 * SOF_Login is called with an empty one, upon which agents open their own window.
 */
export const sofKeyMiddleware = ({ call, agent, version, detachedFlag = 1 }: SofOptions): KeyMiddleware => ({
  info: async () => ({ protocol: 1, agent, version }),
  certificates: async () => {
    const users = parseUserList(await call('SOF_GetUserList'));
    return Promise.all(
      users.map(async ({ label, handle }) => ({
        handle,
        label,
        certificate: await call('SOF_ExportUserCert', handle),
        chain: [],
        usage: 'signing' as const,
      })),
    );
  },
  sign: async (handle, text) => {
    const loggedIn = await call('SOF_Login', handle, '');
    if (loggedIn !== 'true' && loggedIn !== '0') throw new KeyAgentFailure('cancelled', 'SOF_Login');
    const signedData = await call('SOF_SignMessage', detachedFlag, handle, text);
    if (signedData === '') throw new KeyAgentFailure('failed', 'SOF_SignMessage');
    return { form: 'cms', signedData };
  },
});

/** GM/T 0020: "name||id&&&name||id&&&". */
const parseUserList = (list: string): { label: string; handle: string }[] =>
  list
    .split('&&&')
    .map((user) => user.split('||'))
    .flatMap(([label, handle]) => (label !== undefined && handle !== undefined ? [{ label, handle }] : []));
