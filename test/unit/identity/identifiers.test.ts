import fc from 'fast-check';
import { normaliseCitizenIdNumber } from '../../../src/identity/identifiers/citizen-id-number.ts';
import { equivalents, IDENTIFIER_TYPES } from '../../../src/identity/identifiers/index.ts';
import { normaliseOrganisationCode } from '../../../src/identity/identifiers/organisation-code.ts';
import { normaliseTaxNumber } from '../../../src/identity/identifiers/tax-number.ts';
import { normaliseUnifiedSocialCreditCode } from '../../../src/identity/identifiers/unified-social-credit-code.ts';
import {
  citizenIdNumber,
  enterprise,
  organisationCode,
  unifiedSocialCreditCode,
} from './invented-numbers.ts';

const digits = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9]{${length}}$`), { size: 'max' }).filter((s) => s.length === length);
const region = fc.constantFrom(
  '440305',
  '110101',
  '310115',
  '510104',
  '650102',
  '810000',
  '830000',
  '911156',
);
const birthDate = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10).replaceAll('-', ''));
const citizen = fc.tuple(region, birthDate, digits(3)).map((parts) => citizenIdNumber(parts.join('')));
const eight = fc.stringMatching(/^[0-9A-HJ-NPQRTUWXY]{8}$/);
const credit = fc.stringMatching(/^[0-9A-HJ-NPQRTUWXY]{17}$/).map(unifiedSocialCreditCode);

const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (narrow) => String.fromCharCode(narrow.charCodeAt(0) + 0xfee0));

/** The same text with one character replaced by another of the alphabet. */
const withOneWrong = (numbers: fc.Arbitrary<string>, alphabet: string) =>
  fc
    .tuple(numbers, fc.nat(), fc.constantFrom(...alphabet))
    .map(([number, at, other]) => {
      const index = at % number.length;
      return [number, number.slice(0, index) + other + number.slice(index + 1)] as const;
    })
    .filter(([number, changed]) => number !== changed);

describe('citizen ID number (GB 11643)', () => {
  it('accepts the examples of the standard', () => {
    expect(normaliseCitizenIdNumber('11010519491231002X')).toBe('11010519491231002X');
    expect(normaliseCitizenIdNumber('440524188001010014')).toBe('440524188001010014');
  });

  it('accepts every number with a right check character, however it is written', () => {
    fc.assert(
      fc.property(citizen, (number) => {
        for (const written of [number, number.toLowerCase(), ` ${number} `, fullWidth(number)]) {
          expect(normaliseCitizenIdNumber(written)).toBe(number);
        }
      }),
    );
  });

  it('notices any one wrong character', () => {
    fc.assert(
      fc.property(withOneWrong(citizen, '0123456789X'), ([, changed]) => {
        expect(normaliseCitizenIdNumber(changed)).toBeUndefined();
      }),
    );
  });

  it('notices two neighbouring digits exchanged', () => {
    fc.assert(
      fc.property(citizen, fc.integer({ min: 0, max: 15 }), (number, at) => {
        const [a, b] = [number[at] as string, number[at + 1] as string];
        fc.pre(a !== b);
        expect(normaliseCitizenIdNumber(number.slice(0, at) + b + a + number.slice(at + 2))).toBeUndefined();
      }),
    );
  });

  it('makes a number of the first generation one of the second', () => {
    fc.assert(
      fc.property(region, birthDate, digits(3), (place, date, sequence) => {
        fc.pre(date.startsWith('19'));
        expect(normaliseCitizenIdNumber(place + date.slice(2) + sequence)).toBe(
          citizenIdNumber(place + date + sequence),
        );
      }),
    );
  });

  it.each([
    ['a day that does not exist', citizenIdNumber('44030519900230001')],
    ['a leap day in a year without one', citizenIdNumber('44030519010229001')],
    ['month 13', citizenIdNumber('44030519901301001')],
    ['a year long before anyone living', citizenIdNumber('44030500990101001')],
    ['no province', citizenIdNumber('00030519900101001')],
    ['no province', citizenIdNumber('17030519900101001')],
    ['first generation, a day that does not exist', '440305900230001'],
    ['Arabic-Indic digits', '٤٤٠٣٠٥١٩٩٠٠١٠١٠٠١٢'],
    ['two numbers', '11010519491231002X11010519491231002X'],
    ['nothing', ''],
  ])('refuses %s', (_, number) => {
    expect(normaliseCitizenIdNumber(number)).toBeUndefined();
  });
});

describe('organisation code (GB 11714)', () => {
  it('accepts the example of the standard, with and without hyphen', () => {
    expect(normaliseOrganisationCode('D2143569-X')).toBe('D2143569X');
    expect(normaliseOrganisationCode('d2143569x')).toBe('D2143569X');
    expect(normaliseOrganisationCode('Ｄ２１４３５６９－Ｘ')).toBe('D2143569X');
  });

  it('accepts every code with a right check character and notices a wrong one', () => {
    fc.assert(
      fc.property(eight, fc.constantFrom(...'0123456789X'), (body, other) => {
        const code = organisationCode(body);
        expect(normaliseOrganisationCode(code)).toBe(code);
        expect(normaliseOrganisationCode(`${body}-${code[8]}`)).toBe(code);
        fc.pre(other !== code[8]);
        expect(normaliseOrganisationCode(body + other)).toBeUndefined();
      }),
    );
  });

  it('refuses a hyphen elsewhere', () => {
    expect(normaliseOrganisationCode('D214-3569X')).toBeUndefined();
  });
});

describe('unified social credit code (GB 32100)', () => {
  it('accepts the example of the standard', () => {
    expect(normaliseUnifiedSocialCreditCode('91350100M000100Y43')).toBe('91350100M000100Y43');
  });

  it('accepts every code with a right check character, however it is written', () => {
    fc.assert(
      fc.property(credit, (code) => {
        fc.pre(normaliseCitizenIdNumber(code) === undefined);
        for (const written of [code, code.toLowerCase(), `${code}  `, fullWidth(code)]) {
          expect(normaliseUnifiedSocialCreditCode(written)).toBe(code);
        }
      }),
    );
  });

  it('notices any one wrong character', () => {
    fc.assert(
      fc.property(withOneWrong(credit, '0123456789ABCDEFGHJKLMNPQRTUWXY'), ([, changed]) => {
        expect(normaliseUnifiedSocialCreditCode(changed)).toBeUndefined();
      }),
    );
  });

  it.each([...'IOSVZ'])('has no letter %s', (letter) => {
    expect(normaliseUnifiedSocialCreditCode(`9135010${letter}M000100Y43`)).toBeUndefined();
  });

  it('does not take a citizen for an enterprise when the check character is right by chance', () => {
    fc.assert(
      fc.property(citizen, (number) => {
        fc.pre(normaliseOrganisationCode(number.slice(8, 17)) === undefined);
        expect(normaliseUnifiedSocialCreditCode(number)).toBeUndefined();
        expect(normaliseTaxNumber(number)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('tax number', () => {
  it('is region and organisation code, or the unified code, or 20 characters', () => {
    fc.assert(
      fc.property(eight, (body) => {
        const organisation = organisationCode(body);
        expect(normaliseTaxNumber(`440305${organisation}`)).toBe(`440305${organisation}`);
        expect(normaliseTaxNumber(enterprise(body))).toBe(enterprise(body));
      }),
    );
    expect(normaliseTaxNumber(`${citizenIdNumber('44030519900101001')}00`)).toHaveLength(20);
  });

  it.each([
    ['a wrong organisation code', `440305${organisationCode('MA5F0000').slice(0, 8)}A`],
    ['letters in the region', `44030A${organisationCode('MA5F0000')}`],
    ['a wrong unified code', '91350100M000100Y44'],
    ['another length', '4403051234567890'],
  ])('refuses %s', (_, number) => {
    expect(normaliseTaxNumber(number)).toBeUndefined();
  });
});

describe('types without check digit', () => {
  it('do not take a wrong citizen ID number or credit code', () => {
    const unchecked = Object.values(IDENTIFIER_TYPES).filter(({ checked }) => !checked);
    expect(unchecked).toHaveLength(4);
    for (const { normalise } of unchecked) {
      expect(normalise('110105194912310021')).toBeUndefined();
      expect(normalise('91350100M000100Y44')).toBeUndefined();
    }
  });
});

describe('equivalents', () => {
  it('are an organisation code for all numbers of an enterprise', () => {
    fc.assert(
      fc.property(eight, (body) => {
        const organisation = { type: 'organisation-code', value: organisationCode(body) } as const;
        expect(equivalents(organisation)).toEqual([organisation]);
        for (const identifier of [
          { type: 'unified-social-credit-code', value: enterprise(body) },
          { type: 'tax-number', value: enterprise(body) },
          { type: 'tax-number', value: `440305${organisation.value}` },
        ] as const) {
          expect(equivalents(identifier)[0]).toEqual(identifier);
          expect(equivalents(identifier)).toContainEqual(organisation);
        }
      }),
    );
  });

  it('never lead from a citizen to anything else', () => {
    const citizenNumber = { type: 'citizen-id-number', value: '11010519491231002X' } as const;
    expect(equivalents(citizenNumber)).toEqual([citizenNumber]);
  });
});
