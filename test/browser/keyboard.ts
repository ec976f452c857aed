import type { Page } from 'playwright-core';

/** More than any page of ours has places to stop at. */
const MOST_STEPS = 400;

/** Moves on by Tab alone until what fits this CSS selector has the focus. */
export const tabTo = async (page: Page, selector: string): Promise<void> => {
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`)) return;
  }
  throw new Error(`${selector} is not to be reached by keyboard on ${page.url()}`);
};

/** Goes to a field and writes over what it holds. */
export const type = async (page: Page, selector: string, text: string): Promise<void> => {
  await tabTo(page, selector);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(text);
};

/** Goes to a link, a button, a summary or a box, and presses a key on it. */
export const press = async (page: Page, selector: string, key = 'Enter'): Promise<void> => {
  await tabTo(page, selector);
  await page.keyboard.press(key);
};

/** Goes to a list of choices and moves in it until this value is chosen. */
export const choose = async (page: Page, selector: string, value: string): Promise<void> => {
  await tabTo(page, selector);
  await page.keyboard.press('Home');
  for (let step = 0; step < MOST_STEPS; step += 1) {
    if ((await page.locator(selector).inputValue()) === value) return;
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`${selector} has no choice ${value} on ${page.url()}`);
};

/** Waits until what is done has led to another page, also where that has the same address. */
export const leaving = async (page: Page, done: Promise<void>): Promise<void> => {
  await Promise.all([page.waitForEvent('domcontentloaded', { timeout: 60_000 }), done]);
};

/** Presses Enter on a link and waits for where it leads. */
export const follow = async (page: Page, path: string): Promise<void> => {
  const target = new URL(path, page.url());
  await leaving(page, press(page, `a[href="${path}"]`));
  await page.waitForURL((url) => url.href === target.href);
};

/**
 * Goes once through everything that Tab stops at. What is wrong with it, one line each: a stop that cannot be seen, that
 * shows nothing when it has the focus (WCAG 2.2, 2.4.7), or that lies under something else (2.4.11).
 */
export const focusFindings = async (page: Page): Promise<readonly string[]> => {
  const found: string[] = [];
  const visited = new Set<number>();
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate<Stop | undefined>(LOOK_AT_FOCUS);
    // Behind the last stop is the browser itself, and then the first one again.
    if (stop === undefined || visited.has(stop.number)) return found;
    visited.add(stop.number);
    for (const wrong of stop.wrong) found.push(`${new URL(page.url()).pathname}: ${wrong}: ${stop.html}`);
  }
  throw new Error(`Tab has no end on ${page.url()}`);
};

interface Stop {
  readonly number: number;
  readonly html: string;
  readonly wrong: readonly string[];
}

/** Runs in the page. */
const LOOK_AT_FOCUS = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return undefined;
  const wrong = [];
  const box = element.getBoundingClientRect();
  if (box.width < 1 || box.height < 1) wrong.push('has no size');
  const marked = (each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
  };
  // A card may be marked in place of the link in it.
  if (!marked(element) && ![...document.querySelectorAll(':has(:focus-visible)')].some(marked))
    wrong.push('shows no mark of the focus');
  const seen = [0.5, 0.1, 0.9].some((share) => {
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * share);
    return top !== null && (element.contains(top) || top.contains(element));
  });
  if (!seen) wrong.push('is under something else, or outside the window');
  const number = [...document.querySelectorAll('*')].indexOf(element);
  return { number, html: element.outerHTML.slice(0, 160), wrong };
})()`;
