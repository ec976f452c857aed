import { CATALOGUE } from '../catalogue/catalogue.ts';
import type { Clauses } from '../check.ts';

/** The catalogue as docs/inspection.md has it, in Markdown. */
export const catalogueTable = (): string => {
  const rows = CATALOGUE.map(({ id, severity, title, mend, clauses }) => {
    const cells = [
      `\`${id}\``,
      severity,
      `${title.en}<br>${title.zh}`,
      `${mend.en}<br>${mend.zh}`,
      clausesOf(clauses.gbt22239),
      clausesOf(clauses.gbt39786),
      clausesOf(clauses.asvs),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| check | severity | what | to mend | GB/T 22239-2019 | GB/T 39786-2021 | ASVS 4.0.3 |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
};

const clausesOf = (clauses: Clauses): string =>
  'none' in clauses ? `none: ${clauses.none.en}` : clauses.join(', ');
