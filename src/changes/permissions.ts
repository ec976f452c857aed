import { Refusal } from '../refusal/refusal.ts';
import { takesTwo, type Actor, type ActorRole } from './change-service.ts';
import type { DocumentKey, Proposal } from './document.ts';

type RoleName = ActorRole['role'];

const isOperator = ({ roles }: Actor): boolean => roles.some(({ role }) => role === 'operator');

const isOfficerOf = ({ roles }: Actor, department: string): boolean =>
  roles.some((each) => each.role === 'officer' && each.department === department);

/** The role by which somebody may propose a change of the document. @throws Refusal */
export const mayPropose = (actor: Actor, { kind, name }: DocumentKey): RoleName => {
  if (isOperator(actor)) return 'operator';
  const isOfficer = actor.roles.some(({ role }) => role === 'officer');
  if (!isOfficer || kind !== 'department') {
    throw new Refusal('ONECERT_ROLE_REQUIRED', `a change of ${kind} takes an operator`);
  }
  if (!isOfficerOf(actor, name)) {
    throw new Refusal('ONECERT_OTHER_DEPARTMENT', 'an officer proposes for the own department');
  }
  return 'officer';
};

/**
 * Content is changed, and put before others, by who proposed it alone: were it anybody's, an operator could approve what
 * is the own work under another's name.
 *
 * @throws Refusal
 */
export const mayRevise = (actor: Actor, proposal: Proposal): RoleName => {
  const role = mayPropose(actor, proposal);
  if (actor.unifiedId !== proposal.proposedBy) {
    throw new Refusal('ONECERT_ROLE_REQUIRED', 'only who proposed it changes it');
  }
  return role;
};

/** @throws Refusal */
export const mayWithdraw = (actor: Actor, proposal: Proposal): RoleName =>
  isOperator(actor) ? 'operator' : mayRevise(actor, proposal);

/** @throws Refusal */
export const mayReject = (actor: Actor): RoleName => {
  if (!isOperator(actor)) throw new Refusal('ONECERT_ROLE_REQUIRED', 'deciding takes an operator');
  return 'operator';
};

/** @throws Refusal */
export const mayApprove = (actor: Actor, proposal: Proposal): RoleName => {
  const role = mayReject(actor);
  if (takesTwo(proposal) && actor.unifiedId === proposal.proposedBy) {
    throw new Refusal('ONECERT_CHANGE_OWN', 'proposed by the same person');
  }
  return role;
};

/** @throws Refusal */
export const mayPut = (actor: Actor, key: DocumentKey): RoleName => {
  if (!isOperator(actor))
    throw new Refusal('ONECERT_ROLE_REQUIRED', `a change of ${key.kind} takes an operator`);
  if (takesTwo(key)) {
    throw new Refusal('ONECERT_CHANGE_TWO_PERSONS', `a change of ${key.kind} takes a proposal`);
  }
  return 'operator';
};
