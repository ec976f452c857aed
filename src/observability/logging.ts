import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { maskText, maskValue } from './masking.ts';

export type Logger = PinoLogger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/**
 * JSON lines (time in ISO 8601, level by name) on standard output or `destination`. Every line is masked whole, after
 * everything has been put into it: fields, message, errors with their stacks and causes.
 */
export const createLogger = (options: {
  readonly level: LogLevel;
  readonly destination?: DestinationStream;
}): Logger =>
  pino(
    {
      level: options.level,
      // Neither pid nor hostname: what collects the lines knows where they come from.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // An Error has no fields of its own that JSON would show; a text stays as it is.
      serializers: { error: pino.stdSerializers.err },
      hooks: { streamWrite: maskLine },
    },
    options.destination ?? pino.destination({ fd: 1, sync: true }),
  );

const maskLine = (line: string): string => {
  try {
    return `${JSON.stringify(maskValue(JSON.parse(line)))}\n`;
  } catch {
    return `${JSON.stringify({ level: 'error', msg: maskText(line) })}\n`;
  }
};
