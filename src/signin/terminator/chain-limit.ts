/** Certificates that a terminator may hand on, the leaf among them; as many as a TLS peer may present. */
export const CHAIN_LIMIT = 10;
