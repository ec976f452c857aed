import type { Bilingual } from '../../configuration/units.ts';
import { readXml, XmlError, type XmlElement } from './read-xml.ts';

/** A trusted list of ETSI TS 119 612 v2, as far as an import needs it. Times: ISO 8601 as written. */
export interface EtsiList {
  /** TSLSequenceNumber (clause 5.3.2). */
  readonly sequence: string;
  readonly operator: Bilingual;
  readonly territory: string;
  readonly issued: string;
  /** undefined: a closed list (clause 5.3.15). */
  readonly nextUpdate: string | undefined;
  /** Where other lists are (clause 5.3.13): all that a list of lists holds. */
  readonly pointers: readonly string[];
  readonly providers: readonly EtsiProvider[];
}

export interface EtsiProvider {
  readonly name: Bilingual;
  readonly website: string | undefined;
  readonly email: string | undefined;
  readonly services: readonly EtsiService[];
}

export interface EtsiService {
  /** ServiceTypeIdentifier, a URI (clause 5.5.1). */
  readonly type: string;
  readonly name: Bilingual;
  /** ServiceStatus, a URI (clause 5.5.4). */
  readonly status: string;
  readonly statusSince: string;
  /** X509Certificate of the digital identities (clause 5.5.3), DER. */
  readonly certificates: readonly Uint8Array[];
}

const NAMESPACE = 'http://uri.etsi.org/02231/v2#';
/** TSLVersionIdentifier (clause 5.3.1): 5 for v2.1.1 and v2.2.1, 6 from v2.3.1 on. */
const VERSIONS = new Set(['5', '6']);

/** @throws XmlError for what is not well-formed or no trusted list of version 2 */
export const readEtsiList = (bytes: Uint8Array): EtsiList => {
  const root = readXml(bytes);
  if (root.namespace !== NAMESPACE || root.name !== 'TrustServiceStatusList') {
    throw new XmlError(`expected a TrustServiceStatusList of ${NAMESPACE}`, 1);
  }
  const scheme = required(root, 'SchemeInformation');
  const version = textOf(scheme, 'TSLVersionIdentifier');
  if (!VERSIONS.has(version)) {
    throw new XmlError(`expected TSLVersionIdentifier 5 or 6 (TS 119 612 v2), not "${version}"`, 1);
  }
  const providers = child(root, 'TrustServiceProviderList');
  return {
    sequence: textOf(scheme, 'TSLSequenceNumber'),
    operator: namesOf(required(scheme, 'SchemeOperatorName')),
    territory: child(scheme, 'SchemeTerritory')?.text ?? '',
    issued: timeOf(scheme, 'ListIssueDateTime'),
    nextUpdate: nextUpdateOf(required(scheme, 'NextUpdate')),
    pointers: at(scheme, ['PointersToOtherTSL', 'OtherTSLPointer', 'TSLLocation']).map(({ text }) => text),
    providers: (providers === undefined ? [] : at(providers, ['TrustServiceProvider'])).map(providerOf),
  };
};

const providerOf = (element: XmlElement): EtsiProvider => {
  const information = required(element, 'TSPInformation');
  const addresses = at(information, ['TSPAddress', 'ElectronicAddress', 'URI']).map(({ text }) => text);
  const pages = at(information, ['TSPInformationURI', 'URI']).map(({ text }) => text);
  return {
    name: namesOf(required(information, 'TSPName')),
    website: [...pages, ...addresses].find((uri) => /^https?:/.test(uri)),
    email: addresses.find((uri) => uri.startsWith('mailto:'))?.slice('mailto:'.length),
    // ServiceHistory beside ServiceInformation says what was; only what is counts here.
    services: at(element, ['TSPServices', 'TSPService', 'ServiceInformation']).map(serviceOf),
  };
};

const serviceOf = (information: XmlElement): EtsiService => ({
  type: textOf(information, 'ServiceTypeIdentifier'),
  name: namesOf(required(information, 'ServiceName')),
  status: textOf(information, 'ServiceStatus'),
  statusSince: timeOf(information, 'StatusStartingTime'),
  certificates: at(information, ['ServiceDigitalIdentity', 'DigitalId', 'X509Certificate']).map(({ text }) =>
    fromBase64(text),
  ),
});

/** What is not Base64 becomes no certificate: the import names it when it cannot read it. */
const fromBase64 = (text: string): Uint8Array => {
  const compact = text.replace(/\s+/g, '');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(compact) ? Buffer.from(compact, 'base64') : new Uint8Array();
};

const nextUpdateOf = (element: XmlElement): string | undefined => {
  const time = child(element, 'dateTime')?.text;
  return time === undefined || time === '' ? undefined : checkedTime(time, 'NextUpdate');
};

/** Names by language (clause 5.1.4); English is always there, and stands in for Chinese where that is not. */
const namesOf = (element: XmlElement): Bilingual => {
  const names = at(element, ['Name']).filter(({ text }) => text !== '');
  const inLanguage = (wanted: string) =>
    names.find(({ language }) => language?.toLowerCase().split('-', 1)[0] === wanted)?.text;
  const any = inLanguage('en') ?? names[0]?.text;
  if (any === undefined) throw new XmlError(`a ${element.name} without a Name`, 1);
  return { zh: inLanguage('zh') ?? any, en: any };
};

const timeOf = (parent: XmlElement, name: string): string => checkedTime(textOf(parent, name), name);

const checkedTime = (text: string, name: string): string => {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)))
    return text;
  throw new XmlError(`expected a time in UTC in ${name}, not "${text.slice(0, 40)}"`, 1);
};

const textOf = (parent: XmlElement, name: string): string => required(parent, name).text;

const required = (parent: XmlElement, name: string): XmlElement => {
  const found = child(parent, name);
  if (found === undefined) throw new XmlError(`a ${parent.name} without ${name}`, 1);
  return found;
};

const child = (parent: XmlElement, name: string): XmlElement | undefined =>
  parent.children.find((each) => each.namespace === NAMESPACE && each.name === name);

/** All elements on a way down from `parent`. */
const at = (parent: XmlElement, way: readonly string[]): readonly XmlElement[] =>
  way.reduce<readonly XmlElement[]>(
    (elements, name) =>
      elements.flatMap(({ children }) =>
        children.filter((each) => each.namespace === NAMESPACE && each.name === name),
      ),
    [parent],
  );
