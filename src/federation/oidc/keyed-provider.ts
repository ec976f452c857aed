import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type Provider from 'oidc-provider';
import type { FederationParts } from '../federation-parts.ts';
import { keyIdOf, type ProviderKeys } from './provider.ts';

/** The provider with the keys as of now: the library takes its keys once, so that other keys are another provider. */
export interface KeyedProvider {
  readonly provider: () => Provider;
  /** Answers a request to it. */
  readonly answer: ReturnType<Provider['callback']>;
  readonly signingKey: () => { readonly privateKey: KeyObject; readonly keyId: string };
}

/** Nothing is lost by the change: what the provider knows stands in the stores, and calls under way end on the old. */
export const createKeyedProvider = (
  { signingKeys, cookieKeys }: Pick<FederationParts, 'signingKeys' | 'cookieKeys'>,
  make: (keys: ProviderKeys) => Provider,
): KeyedProvider => {
  const read = () => ({ signing: signingKeys(), cookie: cookieKeys() });
  const build = (keys: ReturnType<typeof read>) => {
    const signing = keys.signing.map((pem) => createPrivateKey(pem));
    const [privateKey] = signing;
    if (privateKey === undefined) throw new Error('a key has at least one version');
    const provider = make({ signing, cookie: keys.cookie });
    const signingKey = { privateKey, keyId: keyIdOf(privateKey) };
    return { keys, provider, answer: provider.callback(), signingKey };
  };
  let current = build(read());
  const now = () => {
    const keys = read();
    if (!isDeepStrictEqual(keys, current.keys)) current = build(keys);
    return current;
  };
  return {
    provider: () => now().provider,
    answer: (request, response) => now().answer(request, response),
    signingKey: () => now().signingKey,
  };
};
