import { html, trusted, type Insertable } from '../../../src/portal/html.ts';

describe('html', () => {
  it('escapes text and attributes', () => {
    const name = `<script>alert('1')</script>" onload="x \`&amp;`;
    expect(html`<p title="${name}">${name}</p>`.markup).not.toMatch(/<script|" onload|'1'|`/);
    expect(html`<b>${'a & b'}</b>`.markup).toBe('<b>a &amp; b</b>');
  });

  it('keeps markup it made, joins lists, leaves out what is undefined', () => {
    const list = ['<', '>'].map((text) => html`<li>${text}</li>`);
    expect(
      html`<ul>
        ${list}${undefined}${3}${trusted('<hr>')}
      </ul>`.markup.replace(/\n\s*/g, ''),
    ).toBe('<ul><li>&lt;</li><li>&gt;</li>3<hr></ul>');
  });

  it('drops control characters', () => {
    expect(html`${'a\u0000\u001b[31mb'}`.markup).toBe('a[31mb');
  });

  it('does not take data that looks like markup for markup', () => {
    const data = JSON.parse('{"markup":"<script>"}') as Insertable;
    expect(() => html`${data}`).toThrow(TypeError);
  });
});
