import { Refusal } from '../refusal/refusal.ts';

/**
 * Awaits what a store answers. A store that cannot answer now (StoreUnavailableError of the storage room) becomes a
 * Refusal: it has a page, and crosses threads. Everything else is a defect and stays what it is.
 *
 * @throws Refusal ONECERT_SESSION_UNAVAILABLE
 */
export const orRefuse = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    throw refusalOf(error);
  }
};

/** The same of what a store answers page by page. */
export const orRefusePages = async function* <T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw refusalOf(error);
  }
};

const refusalOf = (error: unknown): unknown =>
  (error as Error).name === 'StoreUnavailableError'
    ? new Refusal('ONECERT_SESSION_UNAVAILABLE', (error as Error).message, { cause: error })
    : error;
