/** What the network half of revocation tells operators. Fields hold no personal data. pino's loggers are of this shape. */
export interface RevocationLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
