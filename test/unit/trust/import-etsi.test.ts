import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importEtsi } from '../../../src/trust/import/import-etsi.ts';
import { readEtsiList } from '../../../src/trust/import/read-etsi-list.ts';
import { readXml, XmlError } from '../../../src/trust/import/read-xml.ts';
import { writeDrafts } from '../../../src/trust/import/write-drafts.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import { temporaryFolder } from './written-list.ts';

const folder = temporaryFolder();
const SAMPLE = readFileSync(join(import.meta.dirname, 'trusted-list.xml'), 'utf8');
const AT = Date.UTC(2026, 10, 1);
const read = (text: string) => readEtsiList(Buffer.from(text));
const importList = (text: string) => importEtsi(read(text), 'trusted-list.xml', AT);
const problemOf = (run: () => unknown): { message: string; line: number } => {
  try {
    run();
  } catch (error) {
    if (error instanceof XmlError) return { message: error.message, line: error.line };
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('a trusted list', () => {
  it('is read: scheme, providers, services, names by language', () => {
    const list = read(SAMPLE);
    expect(list).toMatchObject({
      sequence: '42',
      operator: { en: 'Example Supervisory Body' },
      territory: 'XX',
      nextUpdate: '2046-01-01T00:00:00Z',
      pointers: ['https://lists.example/list-of-lists.xml'],
    });
    expect(list.providers.map(({ name }) => name)).toEqual([
      { zh: 'Beispiel Trust Services & Co.', en: 'Beispiel Trust Services & Co.' },
      { zh: '南海电子认证', en: 'Nanhai Certification Co.' },
      { zh: 'Gone Certificates', en: 'Gone Certificates' },
    ]);
    expect(list.providers[0]?.services).toHaveLength(4);
  });

  it('becomes drafts of granted CA/QC services and withdrawn authorities of the others', () => {
    const { drafts, leftOut } = importList(SAMPLE);
    expect(
      drafts.map(({ authority, status, validFrom, anchors }) => [
        authority,
        status,
        validFrom,
        anchors.length,
      ]),
    ).toEqual([
      ['beispiel-trust-services-co', 'draft', '2020-07-01T22:00:00Z', 1],
      ['nanhai-certification-co', 'draft', '2017-05-05T00:00:00Z', 1],
      ['beispiel-trust-services-co-withdrawn', 'withdrawn', undefined, 1],
      ['gone-certificates-withdrawn', 'withdrawn', undefined, 1],
    ]);
    expect(leftOut).toEqual([
      expect.stringMatching(
        /^Beispiel .*: CN=Beispiel Time Stamping Unit,.* is not a certificate of an authority$/,
      ),
      expect.stringMatching(/^Nanhai .*: its status begins only at 2101-01-01T00:00:00Z$/),
      expect.stringMatching(/^Gone .*: status .*deprecatedatnationallevel is neither granted nor withdrawn$/),
    ]);
  });

  it('is written as a list that loads; each file says that no signature was verified', () => {
    const trust = join(mkdtempSync(join(folder, 'out-')), 'ca-trust');
    writeDrafts(importList(SAMPLE).drafts, trust);
    const list = loadTrustList(trust, 1);
    expect(
      [...list.authorities.values()].map(({ settings }) => [settings.authority, settings.status]),
    ).toEqual([
      ['beispiel-trust-services-co', 'draft'],
      ['beispiel-trust-services-co-withdrawn', 'withdrawn'],
      ['gone-certificates-withdrawn', 'withdrawn'],
      ['nanhai-certification-co', 'draft'],
    ]);
    const nanhai = readFileSync(join(trust, 'nanhai-certification-co/authority.yaml'), 'utf8');
    expect(nanhai).toContain('# THE SIGNATURE OF THE LIST WAS NOT VERIFIED.');
    expect(nanhai).toContain('zh: "南海电子认证"');
    expect(nanhai).toContain('website: "https://nanhai.example/"');
    expect(nanhai).toContain('email: "service@nanhai.example"');
  });

  it('puts a key that is granted and withdrawn where it was put last', () => {
    const [first = '', second = ''] = [...SAMPLE.matchAll(/<X509Certificate>[^<]*<\/X509Certificate>/g)].map(
      ([text]) => text,
    );
    const twice = SAMPLE.replace(second, first);
    expect(importList(twice).drafts.map(({ authority }) => authority)).not.toContain(
      'beispiel-trust-services-co-withdrawn',
    );
    const later = twice.replace('2019-03-01T00:00:00Z', '2021-03-01T00:00:00Z');
    expect(importList(later).drafts.map(({ authority }) => authority)).toEqual([
      'nanhai-certification-co',
      'beispiel-trust-services-co-withdrawn',
      'gone-certificates-withdrawn',
    ]);
  });

  it('of lists has no services but says where they are', () => {
    const lists = SAMPLE.replace(/<TrustServiceProviderList>.*<\/TrustServiceProviderList>/s, '');
    expect(read(lists).providers).toEqual([]);
    expect(read(lists).pointers).toHaveLength(1);
  });

  it('that is closed has no next update', () => {
    expect(read(SAMPLE.replace(/<NextUpdate>.*<\/NextUpdate>/s, '<NextUpdate/>')).nextUpdate).toBeUndefined();
  });

  it.each([
    [SAMPLE.replace('>6<', '>3<'), 'expected TSLVersionIdentifier 5 or 6'],
    [
      SAMPLE.replaceAll('http://uri.etsi.org/02231/v2#', 'http://uri.etsi.org/02231#'),
      'expected a TrustServiceStatusList',
    ],
    ['<html/>', 'expected a TrustServiceStatusList'],
    [
      SAMPLE.replace(/<ServiceStatus>.*?<\/ServiceStatus>/s, ''),
      'a ServiceInformation without ServiceStatus',
    ],
    [SAMPLE.replace('2020-07-01T22:00:00Z', '1 July 2020'), 'expected a time in UTC in StatusStartingTime'],
    [SAMPLE.replace(/<TSPName>.*?<\/TSPName>/s, '<TSPName/>'), 'a TSPName without a Name'],
  ])('that is not one is refused', (text, message) => {
    expect(problemOf(() => read(text)).message).toContain(message);
  });

  it('survives a certificate that is none: it is left out by name', () => {
    const broken = SAMPLE.replace(
      /<X509Certificate>[^<]*<\/X509Certificate>/,
      '<X509Certificate>!</X509Certificate>',
    );
    expect(importList(broken).leftOut[0]).toMatch(
      /^Beispiel Trust Services & Co\., Beispiel Qualified CA 1: ONECERT_CERT/,
    );
  });
});

describe('XML from outside', () => {
  it('declares no entities, opens nothing, expands nothing', () => {
    const laughs = `<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>`;
    expect(problemOf(() => readXml(Buffer.from(laughs)))).toEqual({
      message: 'a DOCTYPE is not accepted',
      line: 2,
    });
    const external = '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>';
    expect(problemOf(() => readXml(Buffer.from(external))).message).toBe('a DOCTYPE is not accepted');
    expect(problemOf(() => readXml(Buffer.from('<a>&b;</a>'))).message).toContain('not well-formed');
    expect(problemOf(() => readXml(Buffer.from('<a>&eacute;</a>'))).message).toContain('not well-formed');
  });

  it.each([
    ['<a><b></a>', 'not well-formed'],
    ['<a>', 'not well-formed'],
    ['<a/><b/>', 'not well-formed'],
    ['<p:a/>', 'not well-formed'],
    ['', 'no element'],
    ['text', 'not well-formed'],
    ['<?xml version="1.0" encoding="gbk"?><a/>', 'expected UTF-8, not gbk'],
    ['<a>'.repeat(65), 'more than 64 levels'],
    [`<a>${'<b/>'.repeat(500_000)}</a>`, 'more than 500000 elements'],
    [`<a b="${'x'.repeat(400_000)}"/>`, 'not well-formed'],
    [`<a>${' '.repeat(32 * 1024 * 1024)}</a>`, 'larger than 33554432 bytes'],
  ])('is refused when it is not right or too much', (text, message) => {
    expect(problemOf(() => readXml(Buffer.from(text))).message).toContain(message);
  });

  it('is refused when it is not UTF-8', () => {
    expect(problemOf(() => readXml(Buffer.from('<a>é</a>', 'latin1'))).message).toBe('not UTF-8');
    expect(problemOf(() => readXml(Buffer.from('\ufeff<a/>', 'utf16le'))).message).toBe('not UTF-8');
  });

  it('keeps text whole across pieces, CDATA and comments', () => {
    const long = 'x'.repeat(300_000);
    const { text, children } = readXml(
      Buffer.from(`<a>${long}<!-- -->&amp;<![CDATA[<y>]]>中<b xml:lang="zh"/></a>`),
    );
    expect(text).toBe(`${long}&<y>中`);
    expect(children).toEqual([{ namespace: '', name: 'b', language: 'zh', text: '', children: [] }]);
  });
});
