import type { Report } from '../inspect.ts';

/** For a terminal: what did not pass, what to do, and the score. */
export const reportText = ({ gateway, at, score, counts, results }: Report): string => {
  const open = results.filter(({ status }) => status !== 'pass');
  const lines = open.flatMap(({ id, status, severity, title, findings, mend }) => [
    `${status.toUpperCase().padEnd(7)} ${id}  [${severity}]  ${title.zh} / ${title.en}`,
    ...findings.map(({ text }) => `          ${text.zh} / ${text.en}`),
    ...(status === 'unknown' ? [] : [`          整改 / to mend: ${mend.zh} / ${mend.en}`]),
  ]);
  const { fail, warn, unknown, pass } = counts;
  return [
    `${gateway}  ${at}`,
    ...lines,
    `${score} / 100: ${fail} fail, ${warn} warn, ${unknown} unknown, ${pass} pass`,
    '',
  ].join('\n');
};
