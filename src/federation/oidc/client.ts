import type { AllClientMetadata } from 'oidc-provider';
import type { Directory } from '../../services/directory.ts';
import type { Service } from '../../services/enrolment.ts';

/** RFC 8693 section 2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

export const serviceNamed = (directory: Directory, name: string): Service | undefined =>
  directory.services.find(({ service }) => service === name);

/** A service as the provider knows its clients (OpenID Connect Registration section 2); none without `oidc`. */
export const clientMetadata = (
  issuer: string,
  { service, name, department, oidc }: Service,
): AllClientMetadata | undefined => {
  if (oidc === undefined) return undefined;
  const { clientAuthentication: proof, redirectUris } = oidc;
  const signsIn = redirectUris.length > 0;
  return {
    client_id: service,
    client_name: name.zh,
    'client_name#en': name.en,
    application_type: 'web',
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...oidc.postLogoutRedirectUris],
    grant_types: [...(signsIn ? ['authorization_code'] : []), TOKEN_EXCHANGE],
    response_types: signsIn ? ['code'] : [],
    token_endpoint_auth_method: proof.method,
    ...('jwks' in proof ? { jwks: proof.jwks } : { client_secret: proof.secretHash }),
    subject_type: 'pairwise',
    // One sector a department: its services know a person by one name.
    sector_identifier_uri: `${issuer}/sector/${department.department}`,
    id_token_signed_response_alg: 'ES256',
    require_pushed_authorization_requests: oidc.requirePushedAuthorizationRequests,
    ...(oidc.backchannelLogoutUri !== undefined && {
      backchannel_logout_uri: oidc.backchannelLogoutUri,
      backchannel_logout_session_required: true,
    }),
  };
};
