const LIMIT = 4096;

/**
 * Whether `text` is a challenge for the site that asks to have it signed, in the form docs/key-middleware.md describes. An
 * agent that signs anything else for a page can be made to sign a contract.
 */
export const isChallengeFor = (text: string, origin: string): boolean => {
  const lines = text.split('\n');
  return (
    text.length <= LIMIT &&
    text === text.normalize('NFC') &&
    !/[^\P{C}\n]/u.test(text) &&
    lines[0] === '一证通登录确认' &&
    lines.filter((line) => line.startsWith('登录网站：')).join() === `登录网站：${origin}` &&
    lines.filter((line) => line.startsWith('Site: ')).join() === `Site: ${origin}`
  );
};
