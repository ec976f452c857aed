import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { html, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';

const TEXTS = {
  zh: { title: (count: number) => `需要改正 ${count} 处`, line: (line: number) => `第 ${line} 行` },
  en: {
    title: (count: number) => (count === 1 ? 'One thing to put right' : `${count} things to put right`),
    line: (line: number) => `line ${line}`,
  },
} as const;

/** Everything wrong with a change, each with its place. Messages are the checks' own, in English. */
export const renderIssues = (issues: readonly ConfigurationIssue[], language: Language): Html => {
  const texts = TEXTS[language];
  return html`<section class="card issues">
    <h2>${texts.title(issues.length)}</h2>
    <ul class="dots">
      ${issues.map(
        ({ file, line, path, message }) =>
          html`<li>
            <code>${path === '' ? file : path}</code>
            <span class="muted small">${path === '' ? '' : `${file}, `}${texts.line(line)}</span><br /><span
              lang="en"
              >${message}</span
            >
          </li>`,
      )}
    </ul>
  </section>`;
};
