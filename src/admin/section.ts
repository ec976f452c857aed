import type { Request, Response } from 'express';
import type { Html } from '../portal/html.ts';
import type { Language } from '../portal/language.ts';
import type { Bilingual } from '../portal/portal-parts.ts';
import type { Access, PathParameters, RoleName } from './access.ts';
import type { AdminCaller } from './admin-caller.ts';
import type { AdminParts } from './admin-parts.ts';
import type { AnyOperation } from './operation.ts';

/** A part of the console with its pages, and what of it the admin API offers. One file declares it. */
export interface Section {
  /** Lower case; also the tag of its operations in the OpenAPI document. */
  readonly id: string;
  readonly title: Bilingual;
  /** Where it lies below /console: "/trust"; "" is the overview. */
  readonly path: string;
  /** To whom it is shown in the navigation. Each route says for itself who may use it. */
  readonly roles: readonly RoleName[];
  readonly pages: readonly PageRoute[];
  readonly operations?: readonly AnyOperation[];
  /** How much there is to do for this person, shown beside its name; 0 is not shown. */
  readonly waiting?: (caller: AdminCaller, parts: AdminParts) => Promise<number>;
}

export interface PageRoute {
  readonly method: 'get' | 'post';
  /** Below the section's path, with parameters as express writes them: "/:authority/renew". */
  readonly path: string;
  readonly access: Access;
  readonly handle: (call: PageCall) => PageAnswer | Promise<PageAnswer>;
}

/** One request for a page, by somebody who may make it. */
export interface PageCall {
  readonly parts: AdminParts;
  readonly caller: AdminCaller;
  readonly language: Language;
  readonly parameters: PathParameters;
  readonly query: URLSearchParams;
  /** Fields of the form that was sent; none for GET. A form token has been checked by then. */
  readonly form: URLSearchParams;
  /** Token for forms of console pages; `formOf` puts it in. */
  readonly formToken: string;
  /** Whether the sign-in is fresh enough for routes that take it. */
  readonly fresh: boolean;
  /** ms since the epoch. */
  readonly at: number;
  readonly request: Request;
  readonly response: Response;
}

export type PageAnswer =
  | { readonly page: ConsolePage; readonly status?: number }
  /** After a form: 303 to a path of the console. */
  | { readonly redirect: string }
  /** A page outside the console's frame, for print: it has been sent. */
  | { readonly sent: true }
  | { readonly download: { readonly name: string; readonly type: string; readonly body: Buffer | string } };

export interface ConsolePage {
  readonly title: string;
  readonly main: Html;
  /** What was done just now: told above the page, and to screen readers. */
  readonly told?: string | undefined;
}
