import { Refusal } from '../refusal/refusal.ts';
import type { Expectation } from './change-store.ts';

/** The latest sequence, where it is still the one that a change was checked against. @throws Refusal */
export const checkSequence = (latest: number, { sequence }: Expectation): number => {
  if (sequence !== undefined && sequence !== latest) {
    throw new Refusal('ONECERT_CHANGE_OVERTAKEN', `checked at sequence ${sequence}, it is ${latest} by now`);
  }
  return latest;
};
