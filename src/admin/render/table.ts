import { html, type Html, type Insertable } from '../../portal/html.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => Insertable;
  /** Right-aligned figures. */
  readonly number?: boolean;
}

/** A table in a card; on a phone each row is a block of its own. With nothing in it: the sentence that says so. */
export const renderTable = <Row>(
  rows: readonly Row[],
  {
    columns,
    caption,
    nothing,
  }: {
    readonly columns: readonly Column<Row>[];
    /** What it is a table of; for screen readers where the heading above says it too. */
    readonly caption: string;
    readonly nothing: string;
  },
): Html => {
  if (rows.length === 0) return html`<p class="nothing">${nothing}</p>`;
  const kind = (number: boolean | undefined): string => (number === true ? 'number' : '');
  return html`<div class="card table" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption class="hidden">
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, number }) => html`<th scope="col" class="${kind(number)}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map(
                ({ title, cell, number }) =>
                  // In one piece beside its title on a phone, however many parts it has.
                  html`<td data-label="${title}" class="${kind(number)}"><div>${cell(row)}</div></td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
};
