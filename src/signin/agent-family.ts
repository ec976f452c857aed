/** Looked for in this order: every browser names those it would like to be taken for. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\bMicroMessenger\//, 'WeChat'],
  [/\bAlipayClient\//, 'Alipay'],
  [/\bQQBrowser\//, 'QQ Browser'],
  [/\bEdgA?\//, 'Edge'],
  [/\b(?:OPR|Opera)\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.* Safari\//, 'Safari'],
  [/\b(?:MSIE |Trident\/)/, 'Internet Explorer'],
  [/^curl\//, 'curl'],
];

/** The family of a browser by its User-Agent field (RFC 9110 section 10.1.5); "other" when it is none we know. */
export const agentFamily = (userAgent: string | undefined): string => {
  const text = (userAgent ?? '').slice(0, 512);
  return FAMILIES.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
};
