import { diffArrays } from 'diff';

type Lines = readonly string[];

/** Lines of one text, and those of another that stand for them; `same`: each for one. */
interface Segment {
  readonly own: Lines;
  readonly plain: Lines;
  readonly same: boolean;
}

/**
 * Carries the changes from `plain` to `changed` over to `own`, which says the same as `plain` in other lines: with other
 * spaces, or a comment that `plain` has on a line of its own. What the changes do not touch stays as it stands in `own`.
 */
export const mergeLines = (own: Lines, plain: Lines, changed: Lines): Lines => {
  const { isKept, before } = changesOf(plain, changed);
  const merged: string[] = [];
  let at = 0;
  /** Lines that come new before this one; asked for once. */
  const arrive = (index: number): void => {
    merged.push(...(before.get(index) ?? []));
    before.delete(index);
  };
  for (const segment of segmentsOf(own, plain)) {
    const end = at + segment.plain.length;
    const isTouched = segment.plain.some(
      (_line, index) => !isKept(at + index) || (index > 0 && before.has(at + index)),
    );
    if (segment.plain.length > 0) arrive(at);
    if (!segment.same && !isTouched) merged.push(...segment.own);
    else {
      for (const [index, line] of segment.plain.entries()) {
        arrive(at + index);
        if (isKept(at + index)) merged.push(segment.same ? (segment.own[index] as string) : line);
      }
    }
    at = end;
  }
  arrive(at);
  return merged;
};

const changesOf = (plain: Lines, changed: Lines) => {
  const gone = new Set<number>();
  const before = new Map<number, Lines>();
  let at = 0;
  for (const { value, added, removed } of diffArrays([...plain], [...changed])) {
    if (added === true) {
      before.set(at, value);
      continue;
    }
    if (removed === true) for (let index = 0; index < value.length; index++) gone.add(at + index);
    at += value.length;
  }
  return { isKept: (index: number): boolean => !gone.has(index), before };
};

/** Spaces apart. */
const segmentsOf = (own: Lines, plain: Lines): readonly Segment[] => {
  const segments: Segment[] = [];
  const strip = (line: string): string => line.replaceAll(/\s/g, '');
  let [ownAt, plainAt] = [0, 0];
  let open: { own: Lines; plain: Lines } | undefined;
  const close = (): void => {
    if (open !== undefined) segments.push({ ...open, same: false });
    open = undefined;
  };
  for (const { value, added, removed } of diffArrays(own.map(strip), plain.map(strip))) {
    const [ownEnd, plainEnd] = [
      ownAt + (added === true ? 0 : value.length),
      plainAt + (removed === true ? 0 : value.length),
    ];
    const lines = { own: own.slice(ownAt, ownEnd), plain: plain.slice(plainAt, plainEnd) };
    if (added !== true && removed !== true) {
      close();
      segments.push({ ...lines, same: true });
    } else
      open = { own: [...(open?.own ?? []), ...lines.own], plain: [...(open?.plain ?? []), ...lines.plain] };
    [ownAt, plainAt] = [ownEnd, plainEnd];
  }
  close();
  return segments;
};
