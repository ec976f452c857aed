import express, { type Request, type RequestHandler } from 'express';
import { Refusal } from '../refusal/refusal.ts';
import type { PortalParts } from './portal-parts.ts';
import { visitOf } from './visit.ts';

/** Fields of a form, and their names, are few and short; a signature pasted into one is not. */
const FORM_LIMIT = '128kb';

/**
 * Whether the browser says that a page of ours sent this: by Sec-Fetch-Site (Fetch Metadata) where it sends that, and
 * by Origin (RFC 6454 section 7). At least one has to be there.
 */
export const isFromOwnPage = (request: Request, origin: string): boolean => {
  const site = request.get('sec-fetch-site');
  const from = request.get('origin');
  if (site === undefined && from === undefined) return false;
  return (site === undefined || site === 'same-origin') && (from === undefined || from === origin);
};

/** The body of a form, which has to come from a page of ours in this browser, made for this purpose (CWE-352). */
export const ownForm = (parts: PortalParts, purpose: string): RequestHandler[] => [
  express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 20 }),
  (request, _response, next) => {
    requireOwnForm(parts, request, purpose);
    next();
  },
];

/** @throws Refusal ONECERT_FORM_EXPIRED */
export const requireOwnForm = (parts: PortalParts, request: Request, purpose: string): void => {
  const { browser } = visitOf(request);
  const token = fieldOf(request, 'token');
  if (!isFromOwnPage(request, parts.urls.browser))
    throw new Refusal('ONECERT_FORM_EXPIRED', 'sent from another site');
  if (browser === undefined || !parts.browserSessions.isFormToken(token, browser, purpose))
    throw new Refusal('ONECERT_FORM_EXPIRED', 'without the token of a page of this browser');
};

/** A field that is there once. */
export const fieldOf = (request: Request, name: string): string | undefined => {
  const value = (request.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
};
