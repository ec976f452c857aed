import type { Identifier, Identity } from '../identity/identity.ts';

/** Of a person only the first character is shown: others may look at the screen. Names of enterprises are public. */
export const shownName = ({ kind, name }: Pick<Identity, 'kind' | 'name'>): string => {
  const [first = '', ...others] = name;
  return kind === 'enterprise' ? name : first + '*'.repeat(Math.min(others.length, 3));
};

/** Enough to recognise one's own number by; numbers of enterprises are public. */
export const shownNumber = (kind: Identity['kind'], { value }: Identifier): string => {
  if (kind === 'enterprise') return value;
  const [before, after] = value.length >= 15 ? [3, 4] : [1, 2];
  const hidden = Math.max(0, value.length - before - after);
  return value.slice(0, before) + '*'.repeat(hidden) + (hidden === 0 ? '' : value.slice(-after));
};
