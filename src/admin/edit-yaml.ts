import { isCollection, isMap, isNode, isSeq, parseDocument, stringify, type Pair, type YAMLSeq } from 'yaml';
import { InputInvalid } from './input-invalid.ts';

/**
 * Changes of YAML text that leave every other character as somebody wrote it, so that a difference shows what was
 * changed and nothing else. They know documents that are a block map, as operators write them.
 */
type Range = readonly [from: number, to: number];

/** Sets a key of the document to a string or number. @throws InputInvalid for text that is no block map */
export const setKey = (text: string, key: string, value: string | number): string => {
  const written = stringify(value, { lineWidth: 0 }).trimEnd();
  const pair = pairOf(text, key);
  if (pair === undefined) return `${withLineEnd(text)}${key}: ${written}\n`;
  const [from, to] = valueRange(pair);
  return text.slice(0, from) + written + text.slice(to);
};

/** Takes a key and its lines out. */
export const removeKey = (text: string, key: string): string => {
  const pair = pairOf(text, key);
  if (pair === undefined) return text;
  const [from] = keyRange(pair);
  const [, to] = valueRange(pair);
  return withoutLines(text, [from, to]);
};

/** Adds an item at the end of the list under a key. Maps are written in one line. */
export const addItem = (
  text: string,
  key: string,
  item: string | Readonly<Record<string, unknown>>,
): string => {
  const written = stringify(item, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd();
  const pair = pairOf(text, key);
  if (pair === undefined) return `${withLineEnd(text)}${key}:\n  - ${written}\n`;
  const [from, to] = valueRange(pair);
  const list = pair.value;
  if (!isSeq(list) || list.items.length === 0)
    return `${text.slice(0, from).trimEnd()}\n  - ${written}${text.slice(to)}`;
  const [, end] = itemRange(list, list.items.length - 1);
  if (list.flow === true) return `${text.slice(0, end)}, ${written}${text.slice(end)}`;
  const lineEnd = endOfLine(text, end);
  return `${text.slice(0, lineEnd)}\n${indentOf(text, list)}- ${written}${text.slice(lineEnd)}`;
};

/** Takes an item of the list under a key out; undefined where there is no such item. */
export const removeItem = (text: string, key: string, index: number): string | undefined => {
  const list = pairOf(text, key)?.value;
  if (!isSeq(list) || list.items[index] === undefined) return undefined;
  const [from, to] = itemRange(list, index);
  if (list.flow !== true) {
    const rest = withoutLines(text, [from, to]);
    return list.items.length > 1 ? rest : setEmpty(rest, key);
  }
  const next = list.items[index + 1] === undefined ? undefined : itemRange(list, index + 1);
  const before = index === 0 ? undefined : itemRange(list, index - 1);
  const [cutFrom, cutTo] = next ? [from, next[0]] : [before?.[1] ?? from, to];
  return text.slice(0, cutFrom) + text.slice(cutTo);
};

const setEmpty = (text: string, key: string): string =>
  text.replace(new RegExp(`^(${key}:)[ \\t]*`, 'm'), '$1 [] ').replace(/ \[\] $/m, ' []');

const pairOf = (text: string, key: string): Pair | undefined => {
  const document = parseDocument(text);
  const { contents } = document;
  const isUsable =
    document.errors.length === 0 && (contents === null || (isMap(contents) && contents.flow !== true));
  if (!isUsable) {
    const message = 'cannot be changed by this form: not a YAML document that is a block map';
    throw new InputInvalid([{ file: 'yaml', line: 1, column: 1, path: key, message }]);
  }
  return contents === null ? undefined : contents.items.find((pair) => String(pair.key) === key);
};

const keyRange = ({ key }: Pair): Range => rangeOf(key);

/** Empty, after the colon, where nothing stands there. */
const valueRange = (pair: Pair): Range => {
  const [, keyEnd] = keyRange(pair);
  return isNode(pair.value) ? rangeOf(pair.value) : [keyEnd + 1, keyEnd + 1];
};

const itemRange = (list: YAMLSeq, index: number): Range => rangeOf(list.items[index]);

/** From the first character to after the last that belongs to it, without blanks and comments behind. */
const rangeOf = (node: unknown): Range => {
  const range = isNode(node) ? node.range : undefined;
  if (range === undefined || range === null) throw new Error('a node that stands nowhere');
  const [from, to] = range;
  if (isCollection(node) && node.flow !== true && node.items.length > 0) {
    const last: unknown = node.items.at(-1);
    const inner = isNode(last) ? last : ((last as Pair).value ?? (last as Pair).key);
    return [from, isNode(inner) ? rangeOf(inner)[1] : to];
  }
  return [from, to];
};

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};

const withoutLines = (text: string, [from, to]: Range): string => {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  return text.slice(0, start) + text.slice(Math.min(endOfLine(text, to) + 1, text.length));
};

const indentOf = (text: string, list: YAMLSeq): string => {
  const [from] = itemRange(list, 0);
  const start = text.lastIndexOf('\n', from - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start))?.[0] ?? '';
};

const withLineEnd = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
