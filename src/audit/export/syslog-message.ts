import type { ExportedEntry } from './export-target.ts';

/** Facility 13, "log audit" (RFC 5424 section 6.2.1). */
const FACILITY = 13;
const INFORMATIONAL = 6;
const NOTICE = 5;
const WARNING = 4;

const severityOf = (event: unknown): number => {
  if (event === 'recovery') return WARNING;
  return event === 'refusal' ? NOTICE : INFORMATIONAL;
};

export interface SyslogOrigin {
  readonly hostname: string;
  readonly processId: string;
}

/**
 * An entry as a syslog message (RFC 5424 section 6): MSGID is the event, MSG its JSON (MSG-ANY, so that the line's bytes
 * stay as they are), no structured data.
 */
export const syslogMessage = (
  { entry, text }: ExportedEntry,
  { hostname, processId }: SyslogOrigin,
): string => {
  const at = Number(entry['at']);
  const time = Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : '-';
  const priority = FACILITY * 8 + severityOf(entry['event']);
  const header = [time, field(hostname, 255), 'onecert', field(processId, 128), field(entry['event'], 32)];
  return `<${priority}>1 ${header.join(' ')} - ${text}`;
};

/** PRINTUSASCII without space, or NILVALUE. */
const field = (value: unknown, most: number): string => {
  const text = typeof value === 'string' ? value.replace(/[^\x21-\x7e]/g, '').slice(0, most) : '';
  return text === '' ? '-' : text;
};

/** Octet counting (RFC 5425 section 4.3): MSG-LEN SP SYSLOG-MSG. */
export const frame = (message: string): Buffer => {
  const body = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${body.length} `), body]);
};
