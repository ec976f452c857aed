import { join } from 'node:path';

/** Where a request for retirement stands. A file of its own: looking for one loads nothing else. */
export const requestPath = (folder: string): string => join(folder, 'retire.request');
