import { z } from 'zod';

/**
 * Request header by which a data-plane thread tells the portal (over its Unix socket, which nobody else can open) what
 * it knows of a request. Clients cannot set it: it is among the headers that are removed.
 */
export const PORTAL_CONTEXT_HEADER = 'OneCert-Portal';

/** Which listener a request came in by. */
export const listenerKind = z.enum(['browser', 'mutual-tls', 'terminator']);
export type ListenerKind = z.infer<typeof listenerKind>;

const portalContextSchema = z.strictObject({
  listener: listenerKind,
  /** Remote address. */
  from: z.string(),
  /** The call's reference, as in audit entries and on refusal pages. */
  reference: z.string(),
  /**
   * Fields by which an authenticated terminator says what other request it asks about (forward-auth): names in lower
   * case and values, in the order sent.
   */
  askedAbout: z
    .array(z.tuple([z.string(), z.string()]))
    .readonly()
    .optional(),
  /** The certificate whose key the peer proved to hold, by TLS or by an authenticated terminator's word. */
  credential: z
    .strictObject({
      /** DER in Base64, leaf first. */
      chain: z.array(z.base64()).min(1),
      proof: z.enum(['mutual-tls', 'terminator']),
      /** ms since the epoch. */
      provenAt: z.number(),
    })
    .optional(),
});
export type PortalContext = z.infer<typeof portalContextSchema>;

export const writePortalContext = (context: PortalContext): string =>
  Buffer.from(JSON.stringify(context)).toString('base64url');

/** undefined for anything that no data-plane thread wrote. */
export const readPortalContext = (header: string | undefined): PortalContext | undefined => {
  try {
    const parsed = portalContextSchema.safeParse(
      JSON.parse(Buffer.from(header ?? '', 'base64url').toString()),
    );
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};
