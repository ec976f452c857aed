import { formatName } from '../certificate/name.ts';
import type { Step } from '../refusal/step.ts';
import type { RevocationAnswer, RevocationQuestion } from './types.ts';

type Method = RevocationQuestion['policy']['order'][number];

/** How long an answer given only because the policy fails softly may be relied on, ms: until the next attempt. */
const SOFT_FOR_MS = 60_000;

/**
 * Asks by the methods of the policy in its order until one gives a definite answer (good, revoked or on hold).
 * Without one the answer is unknown; it is good only where the policy says that failures are let through.
 */
export const answerInOrder = async (
  question: RevocationQuestion,
  ask: Readonly<Record<Method, () => RevocationAnswer | Promise<RevocationAnswer>>>,
): Promise<RevocationAnswer> => {
  const { certificate, policy, at } = question;
  const steps: Step[] = [];
  let said = false;
  for (const method of policy.order) {
    const answer = await ask[method]();
    if (answer.status !== 'unknown') return { ...answer, steps: [...steps.map(asSkipped), ...answer.steps] };
    steps.push(...answer.steps);
    said ||= answer.said === true;
  }
  const on = formatName(certificate.subject);
  const step = { check: 'revocation', clause: 'RFC 5280 6.3.3; RFC 6960 2.2', on };
  // Soft is for those who cannot be asked, not for an answer that is not liked.
  if (policy.failure === 'soft' && !said) {
    const let_: Step = {
      ...step,
      outcome: 'skipped',
      zh: '无法确认是否吊销；按该机构的策略（soft）放行',
      en: 'Whether it is revoked cannot be told; let through by the policy of the authority (soft)',
    };
    return { status: 'good', validUntil: at + SOFT_FOR_MS, steps: [...steps.map(asSkipped), let_] };
  }
  const failed: Step = {
    ...step,
    outcome: 'failed',
    code: 'ONECERT_REVOCATION_UNKNOWN',
    zh: '无法确认证书是否吊销',
    en: 'Whether the certificate is revoked cannot be told',
  };
  return { status: 'unknown', steps: [...steps.map(asSkipped), failed] };
};

/** What one method could not tell is no failure of the verdict while another may: only the outcome counts. */
const asSkipped = ({ code: _code, ...step }: Step): Step =>
  step.outcome === 'failed' ? { ...step, outcome: 'skipped' } : step;
