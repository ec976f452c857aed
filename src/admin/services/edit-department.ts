import { isDeepStrictEqual } from 'node:util';
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { WrittenEnrolment } from './enrolment-fields.ts';
import { mergeLines } from './merge-lines.ts';

type Path = readonly (string | number)[];

/** Folded lines would be changes that nobody made. */
const WRITING = { lineWidth: 0 } as const;

/** Of a department's file that is YAML; what is wrong with it as an enrolment is not asked. Undefined where it is not. */
export const readWritten = (text: string): { readonly services: readonly WrittenEnrolment[] } | undefined => {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return undefined;
  try {
    const { services } = (document.toJS({ maxAliasCount: 100 }) ?? {}) as { services?: unknown };
    return { services: Array.isArray(services) ? (services as WrittenEnrolment[]) : [] };
  } catch {
    return undefined;
  }
};

export const indexOfService = (text: string, service: string): number =>
  readWritten(text)?.services.findIndex((each) => each['service'] === service) ?? -1;

/**
 * Makes of the service at `index` what leads from `before` to `after`, and leaves all else as it was written: comments,
 * order, ${NAME:-default}, and what says the same in other words.
 */
export const changeService = (
  text: string,
  index: number,
  before: WrittenEnrolment,
  after: WrittenEnrolment,
): string => edit(text, (document) => patch(document, ['services', index], before, after));

/** With one more service at the end. */
export const addService = (text: string, service: WrittenEnrolment): string =>
  edit(text, (document) => {
    const services = document.get('services');
    if (isSeq(services)) {
      services.flow = false;
      services.add(written(document, service));
    } else document.set('services', document.createNode([]));
    if (!isSeq(services)) (document.get('services') as YAMLSeq).add(written(document, service));
  });

export const removeService = (text: string, index: number): string =>
  edit(text, (document) => {
    document.deleteIn(['services', index]);
  });

/** The name of the department itself. */
export const nameDepartment = (text: string, name: { readonly zh: string; readonly en: string }): string =>
  edit(text, (document) => document.set('name', written(document, name)));

const edit = (text: string, change: (document: Document) => void): string => {
  const document = parseDocument(text);
  const plain = document.toString(WRITING);
  change(document);
  return onlyChangedLines(text, plain, document);
};

/**
 * The YAML library writes `[ a ]` for `[a]`, one space before a comment, and a comment behind a key on a line of its own:
 * what it would have written that way without the change too is taken from the text as it was.
 */
const onlyChangedLines = (text: string, plain: string, document: Document): string => {
  const after = document.toString(WRITING);
  const merged = mergeLines(text.split('\n'), plain.split('\n'), after.split('\n')).join('\n');
  return isDeepStrictEqual(parseDocument(merged).toJS(), document.toJS()) ? merged : after;
};

/** Short lists and names in both languages on one line, as people write them here. */
const written = (document: Document, value: unknown): Node => {
  const node = document.createNode(value) as Node;
  inline(node);
  return node;
};

const inline = (node: unknown): boolean => {
  if (isScalar(node)) return true;
  if (isSeq(node)) {
    const flat = node.items.map((item) => isScalar(item));
    node.items.forEach(inline);
    node.flow = flat.every(Boolean);
    return node.flow;
  }
  if (!isMap(node)) return false;
  const flat = node.items.map(({ value }) => inline(value));
  node.flow =
    flat.every(Boolean) && node.items.length <= 4 && String(JSON.stringify(node.toJSON())).length < 90;
  return node.flow;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const patch = (document: Document, path: Path, before: unknown, after: unknown): void => {
  if (isDeepStrictEqual(before, after)) return;
  const node = document.getIn(path, true);
  if (isRecord(before) && isRecord(after) && isMap(node)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (after[key] === undefined) {
        if (before[key] !== undefined) document.deleteIn([...path, key]);
      } else if (before[key] === undefined || !document.hasIn([...path, key]))
        set(document, node, key, after[key]);
      else patch(document, [...path, key], before[key], after[key]);
    }
    return;
  }
  if (isList(before) && isList(after) && isSeq(node)) {
    // Back ends are calls' targets in their order, though many are plain texts.
    const isOrdered = path.at(-1) === 'backends';
    if (!isOrdered && [...before, ...after].every((each) => keyOf(each) !== undefined) && isSet(node)) {
      patchSet(document, path, node, before, after);
      return;
    }
    if (node.items.length === before.length) {
      patchList(document, path, node, before, after);
      return;
    }
  }
  if (isScalar(node) && !isRecord(after) && !Array.isArray(after)) node.value = after;
  else document.setIn(path, written(document, after));
};

const set = (document: Document, map: YAMLMap, key: string, value: unknown): void => {
  const node = written(document, value);
  if (map.flow === true && !isScalar(node)) (node as YAMLMap | YAMLSeq).flow = true;
  map.set(document.createNode(key), node);
};

/** What an item of a list without order is known by: the value itself, or the claim it is about. */
const keyOf = (item: unknown): string | undefined => {
  if (typeof item === 'string' || typeof item === 'number') return String(item);
  const claim = isRecord(item) ? item['claim'] : undefined;
  return typeof claim === 'string' ? claim : undefined;
};

const keysIn = (node: YAMLSeq): readonly (string | undefined)[] => node.toJSON().map(keyOf);

const isSet = (node: YAMLSeq): boolean => keysIn(node).every((key) => key !== undefined);

const patchSet = (
  document: Document,
  path: Path,
  node: YAMLSeq,
  before: readonly unknown[],
  after: readonly unknown[],
): void => {
  const wanted = new Map(after.map((item) => [keyOf(item), item]));
  const known = new Map(before.map((item) => [keyOf(item), item]));
  for (const [index, key] of [...keysIn(node).entries()].reverse()) {
    if (!wanted.has(key)) {
      if (known.has(key)) document.deleteIn([...path, index]);
    } else if (!isDeepStrictEqual(wanted.get(key), known.get(key)))
      patch(document, [...path, index], known.get(key), wanted.get(key));
  }
  for (const [key, item] of wanted) {
    if (known.has(key)) continue;
    const made = written(document, item);
    if (!isScalar(made)) node.flow = false;
    node.add(made);
  }
  if (node.items.some((item) => !isScalar(item))) node.flow = false;
};

/** What both have in common at the beginning and at the end stays; between, item by item. */
const patchList = (
  document: Document,
  path: Path,
  node: YAMLSeq,
  before: readonly unknown[],
  after: readonly unknown[],
): void => {
  const short = Math.min(before.length, after.length);
  let head = 0;
  while (head < short && isDeepStrictEqual(before[head], after[head])) head += 1;
  let tail = 0;
  while (tail < short - head && isDeepStrictEqual(before.at(-1 - tail), after.at(-1 - tail))) tail += 1;
  const [old, now] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const both = Math.min(old.length, now.length);
  for (let index = 0; index < both; index += 1)
    patch(document, [...path, head + index], old[index], now[index]);
  for (let index = old.length - 1; index >= both; index -= 1) document.deleteIn([...path, head + index]);
  now.slice(both).forEach((item, index) => {
    const made = written(document, item);
    if (!isScalar(made) && node.flow === true) node.flow = false;
    node.items.splice(head + both + index, 0, made);
  });
};
