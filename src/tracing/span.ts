/** A piece of work that is over, as a collector is told of it. Plain: crosses threads by structured clone. */
export interface Span {
  /** 32 hex digits. */
  readonly trace: string;
  /** 16 hex digits. */
  readonly id: string;
  /** 16 hex digits; undefined where the trace begins here. */
  readonly parent: string | undefined;
  /** The parent is another process's. */
  readonly isParentRemote: boolean;
  readonly name: string;
  readonly kind: 'server' | 'client' | 'internal';
  /** ms since the epoch, with fractions. */
  readonly begun: number;
  readonly ended: number;
  /** Nothing that tells who calls, nor anything a client has written. */
  readonly attributes: SpanAttributes;
  readonly failed: boolean;
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Takes spans that are over. Never throws, never waits. */
export interface SpanSink {
  add(span: Span): void;
}
