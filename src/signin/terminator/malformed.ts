import { Refusal } from '../../refusal/refusal.ts';

/** Ends the reading of a terminator's header. `detail` is for operators: what the terminator's settings have wrong. */
export const malformed = (detail: string): never => {
  throw new Refusal('ONECERT_TERMINATOR_HEADER_MALFORMED', detail);
};
