/**
 * A number as people and authorities write it, in the form its rules are stated for: upper case, half-width
 * (GB 18030's full-width digits, letters and hyphen are ASCII's), nothing around it.
 */
export const writtenForm = (text: string): string => halfWidth(text).trim().toUpperCase();

/** U+FF01 to U+FF5E are ASCII's printable characters in the width of a Chinese one, U+3000 is the space. */
export const halfWidth = (text: string): string =>
  text
    .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
