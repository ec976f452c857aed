import { AUTHORIZATION_LIMIT, type FederationPage } from '../federation/federation-parts.ts';
import { openOpenIdProvider, type OpenIdProvider } from '../federation/oidc/openid-provider.ts';
import { pairwiseId } from '../identity/pairwise.ts';
import { html } from '../portal/html.ts';
import { chooseLanguage } from '../portal/language.ts';
import { policyHeader, renderPage } from '../portal/layout.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import { inUseFirst } from '../storage/key-version.ts';
import { assertionIssuer } from './assertion-key.ts';
import { secretsOf } from './live-keys.ts';
import type { PortalComposition } from './portal.ts';

/** The OpenID Provider of this gateway, over the parts of its portal. */
export const startFederation = (
  { current, keys, state, audit, endSession, log }: PortalComposition,
  { gate, directory, urls }: Pick<PortalParts, 'gate' | 'directory' | 'urls'>,
): OpenIdProvider => {
  const { settings } = current();
  const pairwiseKey = keys.secret('pairwise.key', 32);
  return openOpenIdProvider({
    issuer: `${urls.browser}/oidc`,
    gate,
    sessions: state.sessions,
    endSession,
    sessionMs: settings.sessions.absolute,
    directory,
    pairwiseId: (unifiedId, department) => pairwiseId(pairwiseKey, unifiedId, department),
    audit,
    records: state.stores.grouped('oidc'),
    marks: state.stores.expiring('oidc'),
    cipher: createFieldCipher(() => keys.versions('oidc-record.key')),
    ticketCipher: createFieldCipher(() => keys.versions('ticket.key')),
    signingKeys: () =>
      inUseFirst(keys.versions('oidc.key'), Date.now()).map(({ key }) => Buffer.from(key).toString('utf8')),
    cookieKeys: secretsOf(keys, 'oidc-cookie.key'),
    assertions: assertionIssuer(() => keys.versions('assertion.key'), settings.issuer),
    gatewayIssuer: settings.issuer,
    limiter: state.stores.limiter('oidc-authorize', AUTHORIZATION_LIMIT),
    renderPage: renderFederationPage,
    clock: Date.now,
    log: (level, message, fields) => log[level](fields, message),
  });
};

/** Their pages, in the portal's design. */
const renderFederationPage = (
  { title, text, form, onward }: FederationPage,
  headers: { readonly 'accept-language'?: string | undefined },
): { readonly html: string; readonly policy: string } => {
  const language = chooseLanguage(headers['accept-language']);
  const fields = Object.entries(form?.fields ?? {}).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  const main = html`<div class="card passing">
    <h1>${title[language]}</h1>
    <p class="because" role="status">${text[language]}</p>
    ${
      form &&
      html`<form method="post" action="${form.action}">
        ${fields}
        <p class="act">
          <button class="button">${form.button[language]}</button>
        </p>
      </form>`
    }
    ${onward && html`<p class="act"><a class="button" href="${onward.to}">${onward.label[language]}</a></p>`}
  </div>`;
  const page = renderPage(
    {
      title: title[language],
      main,
      width: 'narrow',
      switchable: false,
      allowance: {
        forms: form !== undefined,
        ...(form?.leadsTo !== undefined && { formsLeadTo: form.leadsTo }),
      },
      ...(onward !== undefined && { onward: onward.to }),
    },
    language,
  );
  return {
    html: page,
    policy: policyHeader({
      forms: form !== undefined,
      ...(form?.leadsTo !== undefined && { formsLeadTo: form.leadsTo }),
    }),
  };
};
