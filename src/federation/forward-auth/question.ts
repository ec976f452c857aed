import type { IncomingMessage } from 'node:http';
import { Refusal } from '../../refusal/refusal.ts';
import type { PortalContext } from '../../signin/portal-context.ts';
import { readAskedAbout, type AskedAbout } from './asked-about.ts';
import type { ForwardAuthParts } from './forward-auth-parts.ts';

/** A proxy asks whether a call of its client may go on. */
export interface Question {
  /** The proxy's request, with its client's own fields. */
  readonly request: IncomingMessage;
  readonly context: PortalContext;
  /** ms since the epoch. */
  readonly at: number;
  /** Of the call asked about; of the question itself where that cannot be told. */
  readonly method: string;
  readonly path: string;
  readonly search: string;
  readonly isRelayed: boolean;
  /** Why it cannot be told which call is asked about. */
  readonly fault: Refusal | undefined;
}

/** Never throws: what cannot be read is a question with a fault, and is refused and recorded like any other. */
export const readQuestion = (
  parts: Pick<ForwardAuthParts, 'readTarget' | 'clock'>,
  request: IncomingMessage,
  context: PortalContext,
): Question => {
  const { method = '', url = '' } = request;
  const at = parts.clock();
  try {
    const asked = readAskedAbout(context.askedAbout ?? [], method, url);
    const { path, search } = readTarget(parts, asked);
    const { isRelayed } = asked;
    return { request, context, at, method: asked.method, path, search, isRelayed, fault: undefined };
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault;
    const path = url.split('?', 1)[0] ?? '';
    return { request, context, at, method, path, search: '', isRelayed: false, fault };
  }
};

/** The proxy hands the target on as it was sent: where servers could read it differently, nobody knows what follows. */
const readTarget = (
  { readTarget: read }: Pick<ForwardAuthParts, 'readTarget'>,
  { uri }: AskedAbout,
): { readonly path: string; readonly search: string } => {
  const target = read(uri);
  if (target === 'ambiguous') throw new Refusal('ONECERT_PATH_AMBIGUOUS', 'path');
  if (target === 'malformed') throw new Refusal('ONECERT_FORWARD_AUTH_MALFORMED', 'target');
  return target;
};
