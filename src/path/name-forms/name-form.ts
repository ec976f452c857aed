import type { GeneralName } from '../../certificate/general-name.ts';

/**
 * How names of one form are compared with the bases of constraints (RFC 5280 section 4.2.1.10). `readName` and
 * `readBase` give undefined for what is not well formed: a certificate with such a name under a constraint of its
 * form is refused.
 */
export interface NameForm<Name, Base> {
  readonly readName: (name: GeneralName) => Name | undefined;
  readonly readBase: (base: GeneralName) => Base | undefined;
  readonly isWithin: (name: Name, base: Base, list: SubtreeList) => boolean;
}

/** Where there is doubt, a name is outside what is permitted and within what is excluded. */
export type SubtreeList = 'permitted' | 'excluded';

/** A NameForm whose own types are nobody's business. */
export type AnyNameForm = NameForm<unknown, unknown>;

/** Hides the types: what a form's own readers made comes back to it alone. */
export const nameForm = <Name, Base>(form: NameForm<Name, Base>): AnyNameForm => form as AnyNameForm;
