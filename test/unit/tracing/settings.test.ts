import { tracingSchema } from '../../../src/tracing/settings.ts';

const issuesOf = (settings: object): string[] =>
  tracingSchema
    .safeParse(settings)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('settings of tracing', () => {
  it('are an endpoint, and nothing is traced by chance', () => {
    expect(tracingSchema.parse({ endpoint: 'http://collector:4318/v1/traces' })).toEqual({
      endpoint: 'http://collector:4318/v1/traces',
      headers: {},
      service: 'onecert',
      ratio: 0,
      callers: 'follow',
      timeout: 10_000,
    });
  });

  it('send credentials to nobody in clear text, but on this machine', () => {
    const headers = { Authorization: 'Bearer secret' };
    expect(issuesOf({ endpoint: 'http://collector:4318/v1/traces', headers })).toEqual([
      'endpoint: expected an https:// URL where headers are sent',
    ]);
    expect(issuesOf({ endpoint: 'http://127.0.0.1:4318/v1/traces', headers })).toEqual([]);
    expect(issuesOf({ endpoint: 'https://collector:4318/v1/traces', headers })).toEqual([]);
  });

  it.each([
    [{ endpoint: 'grpc://collector:4317' }],
    [{ endpoint: 'https://user:secret@collector/v1/traces' }],
    [{ endpoint: 'https://collector/', headers: { 'X-Key': 'a\r\nHost: elsewhere' } }],
    [{ endpoint: 'https://collector/', headers: { 'X Key': 'a' } }],
    [{ endpoint: 'https://collector/', ratio: 1.5 }],
    [{ endpoint: 'https://collector/', callers: 'maybe' }],
  ])('are refused: %j', (settings) => {
    expect(issuesOf(settings)).toHaveLength(1);
  });
});
