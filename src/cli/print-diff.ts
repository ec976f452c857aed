import { createTwoFilesPatch } from 'diff';
import type { DocumentFile } from '../changes/document.ts';

/** Unified diff of two documents' files, as `diff -u` prints it; empty where they are the same. */
export const printDiff = (before: readonly DocumentFile[], after: readonly DocumentFile[]): string => {
  const paths = [...new Set([...before, ...after].map(({ path }) => path))].sort();
  const contentOf = (files: readonly DocumentFile[], path: string): Buffer =>
    files.find((each) => each.path === path)?.content ?? Buffer.alloc(0);
  return paths
    .map((path) => {
      const [one, other] = [contentOf(before, path), contentOf(after, path)];
      if (one.equals(other)) return '';
      if (one.includes(0) || other.includes(0)) return `Binary files ${path} differ\n`;
      return createTwoFilesPatch(path, path, one.toString('utf8'), other.toString('utf8'));
    })
    .join('');
};
