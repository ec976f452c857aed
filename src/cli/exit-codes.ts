/** Exit codes of the onecert command, documented in docs/operations.md. */
export const EXIT = {
  ok: 0,
  /** The answer is no: a certificate is refused, an audit log does not verify. */
  no: 1,
  usage: 2,
  configuration: 3,
  portTaken: 4,
  /** The data folder cannot be used: not writable, in use by another process, or broken. */
  data: 5,
  internal: 70,
} as const;
