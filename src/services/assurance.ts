/** Levels of assurance as enrolments demand them, for rooms that do not read configuration. */
export { ASSURANCE_LEVELS, type AssuranceLevel } from '../configuration/units.ts';
