import type { PageAnswer, PageCall } from '../section.ts';
import { writeCsv } from '../supervision/csv.ts';
import { dateOf, momentOf } from '../supervision/span.ts';
import { authorityNamed } from './former-authority.ts';
import { readUse } from './read-use.ts';
import { nameOf } from './render-use.ts';
import { readUseSpan, useStepsOf } from './use-span.ts';
import { USE_TEXTS } from './use-texts.ts';

/**
 * GET /console/trust/use.csv, /console/trust/:authority/use.csv: a row for each step of each authority; fields are empty
 * where nothing was counted yet.
 *
 * @throws Refusal ONECERT_CHANGE_UNKNOWN
 */
export const useCsv = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, query, at, parameters } = call;
  const texts = USE_TEXTS[language];
  const { authority } = parameters;
  if (authority !== undefined) await authorityNamed(parts, authority, at);
  const span = readUseSpan(query, at);
  const { authorities } = await readUse(parts, span, authority);
  const begins = useStepsOf(span).map(({ from }) => momentOf(from));
  const rows = authorities.flatMap((each) =>
    each.steps.map((step, index) => [
      begins[index],
      each.authority,
      nameOf(call, each.authority),
      each.isListed ? texts.yes : texts.no,
      step?.signIns,
      step?.calls,
      step?.authorizations,
      step?.exchanges,
      step?.refusals,
      step?.certificates,
    ]),
  );
  const header = [
    texts.begins,
    'authority',
    texts.authority,
    texts.listed,
    texts.signIns,
    texts.calls,
    texts.authorizations,
    texts.exchanges,
    texts.refusals,
    texts.certificates,
  ];
  const name = `onecert-use-${dateOf(span.from)}-${dateOf(span.to - 1)}.csv`;
  return {
    download: { name, type: 'text/csv; charset=utf-8; header=present', body: writeCsv(header, rows) },
  };
};
