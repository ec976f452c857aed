/**
 * Key devices are reached through a program of the authority's on the person's machine: the key agent. Each authority's
 * speaks its own protocol; what they have in common (GM/T 0016, GM/T 0020: SOF_GetUserList, SOF_ExportUserCert,
 * SOF_SignMessage, SOF_SignData) is this interface, and the sign-in page knows nothing else. docs/key-middleware.md has
 * the protocol of agents made for OneCert, and how an adapter to another agent is written. Types only: the page's code
 * stands in browser/.
 */
export interface KeyMiddleware {
  /** Asks who is there, without touching a device. Rejects with a KeyAgentFailure where nobody answers. */
  info(): Promise<KeyAgentInfo>;
  /** Certificates on the devices plugged in. SOF_GetUserList, SOF_ExportUserCert. Asks for no PIN. */
  certificates(): Promise<readonly KeyCertificate[]>;
  /**
   * Shows `text` to the person, lets them enter the PIN in the agent's own window, and signs the text's UTF-8 octets.
   * SOF_Login, then SOF_SignMessage or SOF_SignData.
   */
  sign(handle: string, text: string): Promise<KeySignature>;
}

export interface KeyAgentInfo {
  readonly protocol: 1;
  /** Name and version, as a person would recognise them. */
  readonly agent: string;
  readonly version: string;
}

export interface KeyCertificate {
  /** Opaque; names the key to `sign`. */
  readonly handle: string;
  /** What to show in a list: name of the holder, of the device. */
  readonly label: string;
  /** DER in Base64. */
  readonly certificate: string;
  /** Issuers that the device holds, DER in Base64. */
  readonly chain: readonly string[];
  /** The two certificates of one device; the page offers those for signing. */
  readonly usage: 'signing' | 'encryption';
}

/** As it is sent on to /signin/response (read-response.ts). All octets in Base64. */
export type KeySignature =
  | { readonly form: 'cms'; readonly signedData: string }
  | {
      readonly form: 'raw';
      /** One of RAW_ALGORITHMS (raw-signature.ts). */
      readonly algorithm: string;
      readonly encoding?: 'der' | 'fixed';
      readonly signature: string;
      readonly certificate: string;
      readonly chain?: readonly string[];
    };

/** What can go wrong, as the page tells it to the person. */
export type KeyAgentErrorCode =
  /** Nobody answers at the agent's address: not installed, not running, or forbidden by the browser. */
  | 'agent-unreachable'
  /** The agent does not serve this site. */
  | 'origin-refused'
  /** The person said no. */
  | 'cancelled'
  | 'no-device'
  | 'unknown-certificate'
  | 'pin-wrong'
  | 'pin-locked'
  /** The text is not a challenge for the site that asks. */
  | 'not-a-challenge'
  /** Not the protocol, or not this version of it. */
  | 'malformed'
  | 'failed';

/** One request of the protocol; over HTTP the body of a POST, over WebSocket one text message. */
export type KeyAgentRequest = { readonly id: string } & (
  | { readonly call: 'info' }
  | { readonly call: 'certificates' }
  | { readonly call: 'sign'; readonly handle: string; readonly text: string }
);

/** The answer to the request of the same id. `message` is for developers. */
export type KeyAgentAnswer =
  | { readonly id: string; readonly result: unknown }
  | { readonly id: string; readonly error: { readonly code: KeyAgentErrorCode; readonly message: string } };
