import type { Request, Response } from 'express';

export interface Greeting {
  readonly zh: string;
  readonly en: string;
}

/** Greets the caller with everything the department was told, as a page or as JSON. */
export const greet =
  (service: Greeting) =>
  (request: Request, response: Response): void => {
    // The ticket says nothing to us: it is for the gateway.
    const { ticket: _, ...claims } = request.onecert ?? {};
    response.set('Cache-Control', 'no-store').format({
      // First, so that curl (Accept: */*) gets it.
      json: () => response.json({ service: service.en, caller: claims }),
      html: () => response.send(page(service, request.onecert?.name, claims)),
    });
  };

const page = (
  { zh, en }: Greeting,
  name: string | undefined,
  claims: Record<string, unknown>,
): string => `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(zh)}</title>
<style>
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1b2733 }
  h1 { font-size: 1.6rem; margin-bottom: 0 } h1 small { display: block; font-size: 1rem; color: #5b6b7a; font-weight: 400 }
  table { border-collapse: collapse; width: 100% } td { border-top: 1px solid #dde3e8; padding: .4rem; vertical-align: top; overflow-wrap: anywhere }
  td:first-child { color: #5b6b7a; white-space: nowrap }
</style>
<h1>${escapeHtml(zh)}<small>${escapeHtml(en)}</small></h1>
<p>${name === undefined ? '您好！' : `${escapeHtml(name)}，您好！`}一证通告诉我们的只有这些：<br>
<span lang="en">Hello. This is all that OneCert told us about you:</span></p>
<table>${Object.entries(claims).map(row).join('')}</table>
</html>
`;

const row = ([name, value]: [string, unknown]): string =>
  `<tr><td>${escapeHtml(name)}<td>${escapeHtml(typeof value === 'string' ? value : JSON.stringify(value))}`;

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
