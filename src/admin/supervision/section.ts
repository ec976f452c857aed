import { EVERY_ROLE } from '../access.ts';
import type { PageRoute, Section } from '../section.ts';
import { figuresCsv, refusalsCsv, scoresCsv } from './downloads.ts';
import { figuresPage } from './figures-page.ts';
import { supervisionOperations } from './operations.ts';
import { patternsPage } from './patterns-page.ts';
import { scoresPage } from './scores-page.ts';
import { saveTargets, targetsPage } from './targets-page.ts';

const seenByAll = (path: string, handle: PageRoute['handle']): PageRoute => ({
  method: 'get',
  path,
  access: { roles: EVERY_ROLE },
  handle,
});

/** What departments do and how well, against what they are to reach. Officers see the own department only (access.ts). */
export const supervisionSection: Section = {
  id: 'supervision',
  title: { zh: '电子监察', en: 'E-supervision' },
  path: '/supervision',
  roles: EVERY_ROLE,
  pages: [
    seenByAll('', figuresPage),
    seenByAll('/figures.csv', figuresCsv),
    seenByAll('/refusals.csv', refusalsCsv),
    seenByAll('/patterns', patternsPage),
    seenByAll('/scores', scoresPage),
    seenByAll('/scores.csv', scoresCsv),
    seenByAll('/targets', targetsPage),
    { method: 'post', path: '/targets', access: { roles: ['operator'] }, handle: saveTargets },
  ],
  operations: supervisionOperations,
};
