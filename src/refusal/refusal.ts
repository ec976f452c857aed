import { CATALOGUE, type CatalogueEntry, type RefusalCode } from './catalogue.ts';

/** What a refusal says, looked up by its stable code. */
export const describe = (code: RefusalCode): CatalogueEntry => CATALOGUE[code];

/**
 * A refusal on its way to whoever asked. `detail` is for operators and logs (English, no personal data); the
 * person is told the catalogue's sentences.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly detail: string;

  constructor(code: RefusalCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return CATALOGUE[this.code].status;
  }
}
