import { withDepartmentCookies } from '../../../src/proxy/department-cookies.ts';

const set = (value: string): string[] =>
  withDepartmentCookies(['A', '1', 'Set-Cookie', value, 'B', '2'], '/tax');

describe('cookies of a department', () => {
  it.each([
    ['a=1', 'a=1; Path=/tax'],
    ['a=1; Path=/', 'a=1; Path=/tax'],
    ['a=1; path=/tax/joint; Secure', 'a=1; Path=/tax/joint; Secure'],
    ['a=1; Path=/taxes', 'a=1; Path=/tax'],
    ['a=1; Path=/tax; Path=/', 'a=1; Path=/tax'],
    ['a=1; Path=relative; HttpOnly', 'a=1; Path=/tax; HttpOnly'],
    ['a=1; Domain=city.example; Secure', 'a=1; Path=/tax; Secure'],
    ['a=1; domain ; SameSite=Lax', 'a=1; Path=/tax; SameSite=Lax'],
    ['__Secure-a=1; Path=/; Secure', '__Secure-a=1; Path=/tax; Secure'],
  ])('stay with its service: %s', (value, expected) => {
    expect(set(value)).toEqual(['A', '1', 'Set-Cookie', expected, 'B', '2']);
  });

  it('are left alone where they can have no other path', () => {
    expect(set('__Host-a=1; Path=/; Secure')).toContain('__Host-a=1; Path=/; Secure');
  });

  it.each(['__Host-onecert=x; Path=/; Secure', ' __Host-onecert-browser=x'])(
    'are never the gateway’s own: %s',
    (value) => {
      expect(set(value)).toEqual(['A', '1', 'B', '2']);
    },
  );

  it('cost nothing where there are none', () => {
    const headers = ['A', '1'];
    expect(withDepartmentCookies(headers, '/tax')).toBe(headers);
  });
});
