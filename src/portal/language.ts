export type Language = 'zh' | 'en';

export const otherLanguage = (language: Language): Language => (language === 'zh' ? 'en' : 'zh');

/** Value of the lang attribute (BCP 47). */
export const langTag = (language: Language): string => (language === 'zh' ? 'zh-CN' : 'en');

/** Characters of the header that are looked at; browsers send well under a hundred. */
const HEADER_LIMIT = 500;

/**
 * The language of a page: what was asked for by name (`?lang=`), else what Accept-Language likes better (RFC 9110
 * section 12.5.4), else Chinese.
 */
export const chooseLanguage = (acceptLanguage: string | undefined, requested?: string): Language => {
  if (requested === 'zh' || requested === 'en') return requested;
  const weights = { zh: 0, en: 0 };
  for (const range of (acceptLanguage ?? '').slice(0, HEADER_LIMIT).split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const [primary] = tag.split('-');
    if (primary === 'zh' || primary === 'en')
      weights[primary] = Math.max(weights[primary], weightOf(parameters));
  }
  return weights.en > weights.zh ? 'en' : 'zh';
};

const weightOf = (parameters: readonly string[]): number => {
  const written = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (written === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(written) ? Number(written) : 0;
};
