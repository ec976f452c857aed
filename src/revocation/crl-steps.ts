import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import type { DateObjection } from './crl-freshness.ts';
import type { CrlEntry } from './crl-index.ts';
import type { SharedCrl } from './shared-crl.ts';

interface Sentence {
  readonly zh: string;
  readonly en: string;
}

const CHECK = 'crl';
const isoTime = (at: number): string => new Date(at).toISOString();

/** thisUpdate as it is told of every certificate that is not listed. */
const issueTime = (crl: SharedCrl): string => {
  let time = ISSUE_TIMES.get(crl);
  if (time === undefined) {
    time = isoTime(crl.thisUpdate);
    ISSUE_TIMES.set(crl, time);
  }
  return time;
};
const ISSUE_TIMES = new WeakMap<SharedCrl, string>();

/** A CRL as a person would look it up: by issuer and number. */
const nameOf = (crl: SharedCrl): Sentence => {
  let name = NAMES.get(crl);
  if (name === undefined) {
    name = writeName(crl);
    NAMES.set(crl, name);
  }
  return name;
};
const NAMES = new WeakMap<SharedCrl, Sentence>();

const writeName = (crl: SharedCrl): Sentence => {
  const number = crl.number === undefined ? undefined : BigInt(`0x${crl.number}`).toString();
  const delta = crl.baseNumber !== undefined;
  return {
    zh: `${crl.issuerText} 的${delta ? '增量' : ''}吊销列表${number === undefined ? '' : `（第 ${number} 号）`}`,
    en: `the ${delta ? 'delta ' : ''}CRL of ${crl.issuerText}${number === undefined ? '' : ` (number ${number})`}`,
  };
};

/** "The complete CRL", or it together with the delta that was read with it. */
const namesOf = (complete: SharedCrl, delta: SharedCrl | undefined): Sentence => {
  const base = nameOf(complete);
  if (delta === undefined) return base;
  const added = nameOf(delta);
  return { zh: `${base.zh}和${added.zh}`, en: `${base.en} with ${added.en}` };
};

export const notListed = (on: string, complete: SharedCrl, delta: SharedCrl | undefined): Step => {
  const { zh, en } = namesOf(complete, delta);
  const at = issueTime(delta ?? complete);
  return {
    check: CHECK,
    outcome: 'passed',
    clause: 'RFC 5280 6.3.3 (i), (j)',
    on,
    zh: `没有列入${zh}，${at} 签发`,
    en: `Not listed in ${en}, issued at ${at}`,
  };
};

export const listed = (on: string, crl: SharedCrl, { reason, revokedAt, invalidSince }: CrlEntry): Step => {
  const { zh, en } = nameOf(crl);
  const since = isoTime(revokedAt);
  const invalid: Sentence =
    invalidSince === undefined
      ? { zh: '', en: '' }
      : {
          zh: `，自 ${isoTime(invalidSince)} 起不可信`,
          en: `; not to be trusted since ${isoTime(invalidSince)}`,
        };
  const held = reason === 'certificateHold';
  const code: RefusalCode = held ? 'ONECERT_CERTIFICATE_ON_HOLD' : 'ONECERT_CERTIFICATE_REVOKED';
  const sentence = held
    ? { zh: `自 ${since} 起被冻结，见${zh}`, en: `On hold since ${since}, by ${en}` }
    : { zh: `已于 ${since} 吊销（${reason}），见${zh}`, en: `Revoked at ${since} (${reason}), by ${en}` };
  return {
    check: CHECK,
    outcome: 'failed',
    clause: 'RFC 5280 5.3.1, 6.3.3 (i), (j)',
    on,
    code,
    zh: `${sentence.zh}${invalid.zh}`,
    en: `${sentence.en}${invalid.en}`,
  };
};

const passedOver = (on: string, clause: string, { zh, en }: Sentence): Step => ({
  check: CHECK,
  outcome: 'skipped',
  clause,
  on,
  zh,
  en,
});

export const unusableDates = (on: string, crl: SharedCrl, objection: DateObjection): Step => {
  const { zh, en } = nameOf(crl);
  const sentences: Record<DateObjection, Sentence> = {
    'not-yet': {
      zh: `${zh}自 ${isoTime(crl.thisUpdate)} 起才有效，没有采用`,
      en: `Not used: ${en} is only valid from ${isoTime(crl.thisUpdate)}`,
    },
    expired: {
      zh: `${zh}应在 ${isoTime(crl.nextUpdate ?? 0)} 前更新，已过期，没有采用`,
      en: `Not used: ${en} should have been replaced by ${isoTime(crl.nextUpdate ?? 0)}`,
    },
    'too-old': {
      zh: `${zh}签发于 ${isoTime(crl.thisUpdate)}，超过本平台允许的时间，没有采用`,
      en: `Not used: ${en}, issued at ${isoTime(crl.thisUpdate)}, is older than the policy allows`,
    },
    'without-end': {
      zh: `${zh}没有写明下次更新时间，没有采用`,
      en: `Not used: ${en} does not say when it will be replaced`,
    },
  };
  return passedOver(on, 'RFC 5280 5.1.2.4, 5.1.2.5', sentences[objection]);
};

export const unauthorisedIssuer = (on: string, crl: SharedCrl): Step => {
  const { zh, en } = nameOf(crl);
  return passedOver(on, 'RFC 5280 6.3.3 (f)', {
    zh: `${zh}的签发密钥没有得到同一信任锚的认可，没有采用`,
    en: `Not used: no valid path from the same anchor leads to the key that signed ${en}`,
  });
};

export const partlyCovered = (on: string): Step =>
  passedOver(on, 'RFC 5280 6.3.3 (d), (e)', {
    zh: '现有的吊销列表没有覆盖全部吊销原因',
    en: 'The CRLs at hand do not cover all reasons for revocation',
  });

export const noCrl = (on: string, issuer: string): Step =>
  passedOver(on, 'RFC 5280 6.3.3', {
    zh: `没有 ${issuer} 适用于这张证书的吊销列表`,
    en: `No CRL for this certificate of ${issuer} is at hand`,
  });
