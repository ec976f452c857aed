import type { Answer } from '../portal/visitor.ts';
import type { ConsoleVisitor } from './opened-console.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#96': '`',
};
const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|#96);/g, (_whole, name: string) => ENTITIES[name] ?? '');
const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : decode(value);
};

/** The form of a page as a browser would send it untouched: boxes that are ticked, choices that are made, texts. */
export const filledForm = (page: string, action: string): URLSearchParams => {
  const form = [...page.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].find(
    ([, to]) => to === action,
  );
  if (form === undefined) throw new Error(`no form for ${action}`);
  const fields = new URLSearchParams();
  const controls = /<input\s[^>]*>|<textarea\s[^>]*>[\s\S]*?<\/textarea>|<select\s[^>]*>[\s\S]*?<\/select>/g;
  for (const [control] of (form[2] ?? '').matchAll(controls)) {
    const tag = /^<[^>]*>/.exec(control)?.[0] ?? '';
    const name = attribute(tag, 'name');
    if (name === undefined) continue;
    if (tag.startsWith('<textarea')) {
      // A line end right after the tag is none of the text's (HTML, 13.1.2.5).
      fields.append(name, decode(control.slice(tag.length, -'</textarea>'.length).replace(/^\n/, '')));
    } else if (tag.startsWith('<select')) {
      const options = [...control.matchAll(/<option[^>]*>/g)].map(([option]) => option);
      const chosen = options.find((option) => /\sselected/.test(option)) ?? options[0] ?? '';
      fields.append(name, attribute(chosen, 'value') ?? '');
    } else if (!/checkbox|radio/.test(attribute(tag, 'type') ?? '') || /\schecked/.test(tag)) {
      fields.append(name, attribute(tag, 'value') ?? '');
    }
  }
  return fields;
};

/** Sends a page's form with some fields changed; undefined takes a tick away. */
export const send = async (
  visitor: ConsoleVisitor,
  page: string,
  action: string,
  fields: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> => {
  const { body } = await visitor.page(page);
  const form = filledForm(body, action);
  for (const [name, value] of Object.entries(fields))
    if (value === undefined) form.delete(name);
    else form.set(name, value);
  return visitor.ask(action, { method: 'POST', body: form, headers: { 'accept-language': 'en' } });
};
