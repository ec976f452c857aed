import type { BrowserContextOptions, Page } from 'playwright-core';
import { press, tabTo, type } from './keyboard.ts';
import { PASSWORD, PHONE, seriousFindings, signInByFile, type OpenedBrowser } from './opened-browser.ts';

/** A fresh profile, signed in as `<person>-<authority>`, on the console's first page. */
export const signInToConsole = async (
  opened: OpenedBrowser,
  person: string,
  options: BrowserContextOptions = {},
): Promise<Page> => {
  const { page } = await opened.open(options);
  await page.goto(`${opened.portal}/signin?return=%2Fconsole`);
  await signInByFile(page, opened.p12(person));
  await page.waitForURL(`${opened.portal}/console`);
  return page;
};

/** The same without a mouse: nothing is done but Tab, Space, Enter and typing. */
export const signInByKeyboard = async (opened: OpenedBrowser, person: string): Promise<Page> => {
  const { page } = await opened.open();
  await page.goto(`${opened.portal}/signin?return=%2Fconsole`);
  await tabTo(page, '#p12');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')]);
  await chooser.setFiles(opened.p12(person));
  await type(page, '#pin', PASSWORD);
  await page.keyboard.press('Enter');
  await page.locator('#file [data-part=sign]').waitFor({ state: 'visible' });
  await press(page, '#file [data-part=sign]');
  await page.waitForURL(`${opened.portal}/console`);
  return page;
};

const DESKTOP = { width: 1280, height: 800 } as const;

/**
 * What is wrong with the page as it stands, on a desktop and on a phone: what axe finds, and what does not fit. One line
 * each. Pictures are kept in the folder that ONECERT_SCREENSHOTS names.
 */
export const lookAt = async (page: Page, name: string): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const [device, size] of [
    ['phone', PHONE.viewport],
    ['desktop', DESKTOP],
  ] as const) {
    await page.setViewportSize(size);
    found.push(...(await findingsOf(page, `${name}-${device}`)).map((line) => `${device}: ${line}`));
  }
  return found;
};

/** The same of pages that have an address, in a window of their own with the cookies of `signedIn`. */
export const lookAtPages = async (
  opened: OpenedBrowser,
  signedIn: Page,
  paths: readonly string[],
  options: BrowserContextOptions,
  name: string,
): Promise<readonly string[]> => {
  const storageState = await signedIn.context().storageState();
  const { page, context } = await opened.open({ ...options, storageState });
  const found: string[] = [];
  for (const path of paths) {
    const answer = await page.goto(opened.portal + path);
    if (answer?.status() !== 200) found.push(`${path}: status ${answer?.status()}`);
    found.push(...(await findingsOf(page, name + path.replaceAll(/[/?]/g, '_'))));
  }
  await context.close();
  return found;
};

/**
 * Words in so narrow a column that hardly any two characters stand side by side, ids that are there twice, and the section
 * one is in out of sight.
 */
const LAYOUT_FINDINGS = `(() => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const text = node.data.trim();
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
    // What is for screen readers alone is one pixel wide.
    if (text.length >= 8 && lines > text.length / 2 && node.parentElement.clientWidth !== 1)
      found.push('in a column too narrow: ' + text.slice(0, 60));
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids.filter((each, at) => ids.indexOf(each) !== at))) found.push('more than one #' + id);
  const here = document.querySelector('.side [aria-current]')?.getBoundingClientRect();
  if (here !== undefined && (here.left < 0 || here.right > document.documentElement.clientWidth))
    found.push('the section one is in is out of sight');
  return found;
})()`;

const findingsOf = async (page: Page, picture: string): Promise<readonly string[]> => {
  const folder = process.env['ONECERT_SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${picture}.png`, fullPage: true });
  const wide = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  const { pathname } = new URL(page.url());
  const layout = await page.evaluate<string[]>(LAYOUT_FINDINGS);
  return [
    ...(await seriousFindings(page)),
    ...layout.map((each) => `${pathname}: ${each}`),
    ...(wide === 0 ? [] : [`${pathname}: ${wide} px wider than the window`]),
  ];
};
