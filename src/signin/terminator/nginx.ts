import { onlyField } from './only-field.ts';
import { readEscapedPem } from './escaped-pem.ts';

/**
 * nginx's $ssl_client_escaped_cert (ngx_http_ssl_module): the leaf as percent-encoded PEM. nginx has no variable for the
 * rest of the chain; the trust list completes the path. Tongsuo's nginx gives an SM2 signing certificate the same way.
 *
 * @throws Refusal
 */
export const readNginx = (raw: readonly string[], header: string): Uint8Array[] | undefined => {
  const value = onlyField(raw, header);
  return value === undefined ? undefined : readEscapedPem(value, header, 1);
};
